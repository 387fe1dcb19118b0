// The control plane's side of ADS: gives every proxy its snapshot, and knows what it made of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mesh/xds/ads_stream.h"
#include "mesh/xds/snapshot.h"
#include "mesh/xds/wire.h"
#include "net/grpc_server.h"

namespace clew::mesh::xds {

/// What is to be known of one proxy.
struct ProxyState {
  Node node;         // of its newest stream
  std::string peer;  // as GrpcStream::peer(); empty: it is not connected
  Protocol protocol = Protocol::kDelta;
  UnixNanos connected_at = 0;
  UnixNanos disconnected_at = 0;  // of its last stream; 0: never
  uint64_t revision = 0;          // of the snapshot it shall have; 0: none yet
  uint64_t settled_revision = 0;  // of the newest snapshot of which it has answered everything
  std::vector<TypeState> types;   // on its newest stream; empty while it is not connected
};

/// Any thread may call everything. A proxy may be connected more than once, as Envoy is while it
/// restarts; each stream is served.
class XdsServer {
 public:
  struct Options {
    /// Says which proxy it is that connects, or why it may not, which it is told. `authorization`
    /// is what came as gRPC metadata of that name. Runs on the server's handler pool and may block;
    /// it may call set(). Unset: everyone is the proxy that its node's ID says.
    std::function<Result<std::string>(const Node& node, std::string_view authorization,
                                      std::string_view peer)>
        on_connect = {};
    /// The last stream of a proxy has ended.
    std::function<void(const std::string& proxy)> on_disconnect = {};
    /// Snapshots that follow each other within this time become one.
    std::chrono::milliseconds debounce{3};
  };

  explicit XdsServer(Options options);
  ~XdsServer();

  /// Adds both methods of ADS; the server they are given to must end before this does. Its
  /// max_message_bytes should be limits::kXdsRequestBytes.
  void add_to(net::GrpcMethods& methods);

  /// What the proxy shall have from now on, whether it is connected or not.
  void set(const std::string& proxy, SnapshotPtr snapshot);

  /// The proxy is none any more: its snapshot goes, and its streams end.
  void forget(const std::string& proxy);

  /// Nothing if the proxy was never set and never connected, or was forgotten.
  std::optional<ProxyState> state(const std::string& proxy) const;

  /// The IDs of all that are connected, sorted.
  std::vector<std::string> connected() const;

 private:
  struct Impl;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace clew::mesh::xds
