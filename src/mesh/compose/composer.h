// From what operators declare to what each proxy is to do.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mesh/compose/catalog.h"
#include "mesh/compose/piece.h"
#include "mesh/compose/policies.h"

namespace clew::mesh {

/// Everything one proxy gets, but the secrets: those are its own.
struct ProxyConfig {
  Proxy proxy;
  std::string identity = {};               // its SPIFFE ID
  std::vector<std::string> trusted = {};   // authorities (PEM) beside the mesh's own
  bool mtls = false;                       // it needs kIdentitySecret and kTrustSecret
  std::vector<std::string> services = {};  // it sends requests to
  bool all_services = false;               // it may send to any, by name
  std::vector<PiecePtr> pieces = {};       // in order of type and name, each once
};

/// Composes the proxies of one mesh in one World. Immutable; any thread may use it.
class Composer {
 public:
  Composer(std::shared_ptr<const World> world, std::string mesh);

  const Catalog& catalog() const { return catalog_; }

  /// What the proxy of a Dataplane gets. `dataplane` is one of the World's.
  ProxyConfig compose(const ResourcePtr& dataplane) const;

  /// The endpoints of that name (see endpoints_name()), computed once.
  PiecePtr endpoints(const std::string& name) const;

 private:
  std::shared_ptr<const World> world_;
  Catalog catalog_;
  Policies policies_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, PiecePtr> endpoints_;
};

}  // namespace clew::mesh
