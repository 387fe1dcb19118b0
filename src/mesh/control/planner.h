// Keeps every proxy's snapshot what the resources say.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "mesh/compose/composer.h"
#include "mesh/resource/resource.h"
#include "mesh/xds/server.h"
#include "mesh/xds/snapshot.h"

namespace clew::mesh {

/// The node ID of a Dataplane's Envoy, as Kuma has it: "<mesh>.<name>".
std::string proxy_id(const ResourceKey& dataplane);
/// The other way round; nothing for what is no such ID.
std::optional<ResourceKey> dataplane_of(std::string_view proxy_id);

/// Composes proxies on a thread of its own, with the help of others, the newest World only, and of
/// it what changed: after a change of Dataplanes those whose services they are, after one of
/// policies those that they may concern, after one of the routing the edges that it is of, after
/// any other change every proxy of that mesh. Proxies of zones (is_mirrored()) are others'. What a
/// proxy cannot be given (a bug of ours, found by Envoy's descriptors) leaves it what it has, and
/// is logged and told by problem().
class Planner {
 public:
  /// The secrets of a proxy, as pieces of type kSecret; an error keeps what it has.
  using Secrets = std::function<Result<std::vector<Draft>>(const ProxyConfig&)>;

  /// What the edges of a mesh check debug tokens with (Composer); empty: they take none.
  using DebugKeys = std::function<std::string(const std::string& mesh)>;

  Planner(xds::XdsServer& server, Secrets secrets, DebugKeys debug_keys = nullptr);
  ~Planner();

  /// Any thread; returns at once.
  void update(std::shared_ptr<const World> world);
  /// Which core locations edges use from now on. Any thread; returns at once.
  void update_routing(RoutingPtr routing);
  /// Edges of a mesh are to check debug tokens with another key.
  void renew_debug_key(const std::string& mesh);
  /// The secrets of these identities (SPIFFE IDs), or of all where empty, are others now.
  void renew_secrets(std::set<std::string> identities);

  /// What the proxy shall have; nothing when there is no such Dataplane.
  std::shared_ptr<const ProxyConfig> config(const std::string& proxy) const;
  /// Why the newest of what it shall have could not be made; empty if it could.
  std::string problem(const std::string& proxy) const;
  /// The Dataplanes of a mesh whose proxies have anything that came from the resource; by name.
  std::vector<std::string> reached_by(const ResourceKey& resource) const;
  /// Finishes what it is at and plans nothing more, whatever it is told: from here on it asks
  /// nobody for secrets or keys. Once, by whoever owns it.
  void stop();

  /// Whether all that update() and others were told has reached the server.
  bool is_idle() const;
  /// Blocks until it has.
  void wait_until_idle() const;

 private:
  struct Planned {
    std::shared_ptr<const ProxyConfig> config;  // null: none could be made yet
    std::string problem;
  };
  using Proxies = std::map<std::string, Planned>;

  bool nothing_to_do() const;
  void run();
  void plan(const std::shared_ptr<const World>& world, const RoutingPtr& routing);
  void plan_mesh(const std::string& mesh, const std::shared_ptr<const World>& world,
                 const RoutingPtr& routing);
  void compose(const Composer& composer, const ResourcePtr& dataplane, const ProxyConfig* known);
  void reuse(const Composer& composer, const std::string& proxy, const ProxyConfig& known,
             const MeshChanges& changes);
  void publish(const std::string& proxy, std::shared_ptr<const ProxyConfig> config);
  void note_problem(const std::string& proxy, const Error& error);
  void forget_gone(const std::string& mesh, const World* before, const World& world);

  xds::XdsServer& server_;
  const Secrets secrets_;
  const DebugKeys debug_keys_;
  xds::ResourceCache cache_;
  std::shared_ptr<const World> planned_;                        // the thread's own
  RoutingPtr planned_routing_;                                  // the thread's own
  std::map<std::string, std::unique_ptr<Composer>> composers_;  // by mesh; the thread's own
  uint64_t revision_ = 0;                                       // of snapshots; the thread's own
  std::set<std::string> anew_;                                  // meshes; the thread's own

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<const World> newest_;
  RoutingPtr newest_routing_;
  std::optional<std::set<std::string>> renewed_;
  std::set<std::string> rekeyed_;  // meshes
  bool busy_ = false, stopping_ = false;
  Proxies proxies_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace clew::mesh
