// From what operators declare to what each proxy is to do.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "mesh/compose/catalog.h"
#include "mesh/compose/piece.h"
#include "mesh/compose/policies.h"
#include "mesh/compose/shelf.h"
#include "mesh/compose/world_changes.h"
#include "mesh/nearest/routing.h"

namespace clew::mesh {

/// Everything one proxy gets, but the secrets: those are its own.
struct ProxyConfig {
  Proxy proxy;
  std::string identity = {};              // its SPIFFE ID
  std::vector<std::string> trusted = {};  // authorities (PEM) beside the mesh's own
  bool mtls = false;                      // it needs kIdentitySecret and kTrustSecret
  bool provided = false;                  // from an authority that was made elsewhere
  std::set<std::string> services = {};    // it sends requests to
  bool all_services = false;              // it may send to any, by name
  std::string group = {};                 // Context's
  std::vector<Piece> of_services = {};    // their clusters and endpoints
  std::vector<Piece> shared = {};         // routes that other proxies have as well
  std::vector<Piece> own = {};            // all others

  /// All in order of type and name, for people: of equal names the proxy's own stays.
  std::vector<Piece> pieces() const;
};

/// Composes the proxies of one mesh, and goes with it from World to World. Any thread may use what
/// is const, but not during advance().
class Composer {
 public:
  /// `cache` must outlive it. With `debug_keys` (DebugKey::public_keys()) edges take debug tokens.
  /// Without a routing edges prefer the core locations that are near on the map.
  Composer(std::shared_ptr<const World> world, const std::string& mesh, xds::ResourceCache& cache,
           std::string debug_keys = {}, RoutingPtr routing = nullptr);

  /// Goes on to the next World and routing, with what the changes (changes_of()) leave as it was.
  /// Completes `changes.services` and `changes.shape`.
  void advance(std::shared_ptr<const World> world, MeshChanges& changes,
               RoutingPtr routing = nullptr);

  /// What the proxy of a Dataplane gets. `dataplane` is one of the World's; `known` may be what it
  /// got in the World before. Errors are bugs of ours: something that Envoy's descriptors do not
  /// know.
  Result<ProxyConfig> compose(const ResourcePtr& dataplane,
                              const ProxyConfig* known = nullptr) const;

  /// The endpoints of a service for a proxy, as they are among its pieces.
  Result<Piece> endpoints(const std::string& service, const Proxy& proxy) const;

 private:
  /// Clusters, then endpoints; the latter are those of `with_endpoints`, if that is not null.
  Result<std::vector<Piece>> pieces_of_services(const Context& context,
                                                const std::set<std::string>& services,
                                                const ProxyConfig* with_endpoints) const;

  const std::string debug_keys_;
  std::shared_ptr<const World> world_;
  RoutingPtr routing_;
  std::unique_ptr<const Catalog> catalog_;
  std::unique_ptr<const Policies> policies_;
  bool same_endpoints_ = false;           // they are those of the World before
  bool same_services_ = false;            // and so are clusters
  bool same_own_ = false;                 // so are pieces of one proxy, as far as its Dataplane is
  std::vector<ResourcePtr> traces_ = {};  // and none of these selects it
  mutable Shelf shelf_;
};

}  // namespace clew::mesh
