// Keeps the planner told which core locations edges use.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "mesh/control/planner.h"
#include "mesh/control/proxy_gate.h"
#include "mesh/identity/state_file.h"
#include "mesh/nearest/decider.h"
#include "mesh/nearest/edge_wire.h"
#include "mesh/resource/resource_store.h"
#include "net/grpc_server.h"

namespace clew::mesh {

/// Takes the reports of edges, decides on a thread of its own, and tells the planner. What was
/// decided is in the file nearest.json of `directory`, so that a restart changes nothing. A file
/// that cannot be read is logged and done without; so is one that cannot be written.
class NearestKeeper {
 public:
  NearestKeeper(const std::string& directory, const ResourceStore& store, const ProxyGate& gate,
                Planner& planner, const Clock& clock);
  ~NearestKeeper();

  /// Adds the two methods of edge_wire.h. Both let in who shows an edge's token, as ADS does.
  void add_to(net::GrpcMethods& methods);

  const Decider& decider() const { return decider_; }
  RoutingPtr routing() const;

 private:
  /// The Dataplane of an edge; kUnauthenticated and kNotFound as ProxyGate::admit(), kInvalid for
  /// proxies of other kinds.
  Result<Proxy> edge_of(const std::string& node_id, std::string_view authorization) const;
  Result<std::string> receive(const net::GrpcRequest& request);
  net::GrpcStreamHandler open(net::GrpcStream stream);
  void receive_load(net::GrpcStream& stream, std::optional<Proxy>& edge,
                    const SharedBytes& message);

  void look_at(std::shared_ptr<const World> world);
  void run();
  void decide();
  void nudge();

  const identity::StateFile file_;
  const ResourceStore& store_;
  const ProxyGate& gate_;
  Planner& planner_;
  const Clock& clock_;
  Decider decider_;
  std::shared_ptr<const World> seen_;  // the thread's own: what the decider knows of

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RoutingPtr routing_;
  std::map<std::string, std::string> targets_;  // by mesh, as write_targets() makes them
  bool urgent_ = false, stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

/// What of a World matters to where edges send requests.
Terrain terrain_of(const World& world);

}  // namespace clew::mesh
