// What control planes share beside resources: who may connect as which proxy, by which keys the
// mesh knows its own, and which proxies are connected where.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mesh/control/debug_tokens.h"
#include "mesh/control/identities.h"
#include "mesh/control/planner.h"
#include "mesh/control/proxy_gate.h"
#include "mesh/sync/node.h"
#include "mesh/xds/server.h"

namespace clew::mesh {

/// Carries that between a node's items and the parts of this control plane:
///
/// - Key files (kKeyFile) are made by the global control plane, for every mesh, and are copied as
///   they lie there: encrypted, if it has a passphrase. Zones need the same one.
/// - Tokens of a zone's proxies (kProxyToken) are known, as digests, at both of its control planes.
/// - That a proxy is connected (kProxyStatus) is said by the zone's control plane that it is
///   connected to.
///
/// What it is given must outlive it. Any thread may use it.
class SharedState {
 public:
  struct Parts {
    sync::Node& node;
    const ResourceStore& store;
    ProxyGate& gate;
    Identities& identities;
    DebugTokens& debug_tokens;
    Planner& planner;
    const xds::XdsServer& xds;
    const Clock& clock;
  };

  explicit SharedState(const Parts& parts) : parts_(parts) {}

  /// Starts the node.
  void start();

  /// As ProxyElsewhere (inspect.h).
  std::optional<Json> proxy(const ResourceKey& dataplane) const;

 private:
  bool is_zone() const { return parts_.node.self().mode == sync::Mode::kZone; }
  const std::string& zone() const { return parts_.node.self().zone; }

  // On the node's thread.
  void take(const std::string& scope, const std::vector<sync::ItemPtr>& items);
  Result<void> take_key_file(const sync::Item& item);
  void take_tokens(const std::vector<sync::ItemPtr>& items);
  void tick();
  void share_key_files();
  Result<void> share_key_file(const std::string& mesh, const std::string& path);
  Result<void> share_tokens();
  Result<void> share_status();

  const Parts parts_;
  std::map<std::string, std::string> key_files_;  // the node's thread's own: by path, as shared
  bool tokens_shared_ = false;                    // and this: once, since the start
  std::set<std::string> connected_;               // and this: proxies, as shared
  mutable std::mutex mutex_;
  std::map<ResourceKey, Json> status_;  // of Dataplanes; of zones' ones at the global one
};

}  // namespace clew::mesh
