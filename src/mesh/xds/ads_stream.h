// One stream of ADS: all types of one proxy, and the order in which they are told.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mesh/xds/snapshot.h"
#include "mesh/xds/subscription.h"
#include "mesh/xds/wire.h"

namespace clew::mesh::xds {

/// What is to be known of one type on a stream.
struct TypeState {
  std::string type_url;
  std::vector<ResourceState> resources;
  UnixNanos accepted_at = 0;  // the last response that the proxy accepted; 0: none
  UnixNanos refused_at = 0;   // and the last that it refused
};

/// Decides what is sent when, and sends it; knows neither sockets nor threads, and has no lock.
///
/// Make before break: clusters and their endpoints, then listeners, then routes, each once the ones
/// before were answered (Envoy 1.40 answers for clusters only when they are warm, and for that it
/// needs their endpoints); then what is to go, users first: listeners, routes, clusters, endpoints.
/// A changed cluster warms up until it is told its endpoints, so they are sent again, and what
/// points to a new cluster waits until the proxy has asked for its endpoints and got them, for at
/// most kEdsPatience. Virtual hosts that are resources of their own (VHDS) follow their routes, are
/// sent again when those are asked for again, since a proxy has dropped them together and asks for
/// no host by name; who speaks no delta gets them within the routes. Other types (secrets, runtime)
/// go out at once.
class AdsStream {
 public:
  /// False if the stream is over.
  using Send = std::function<bool(std::string)>;

  static constexpr std::chrono::milliseconds kEdsPatience{1000};

  AdsStream(Protocol protocol, Send send);

  /// Takes in one request. Fails for one without a type or with one too many (limits::kXdsTypes);
  /// the stream is to be ended with that.
  Result<void> receive(const Request& request, Now now);

  /// What the proxy shall have from now on.
  void offer(SnapshotPtr snapshot, Now now);

  /// Sends what may be sent. Returns when it is to be called again at the latest, if at all; beside
  /// that call it after receive() and offer().
  std::optional<std::chrono::steady_clock::time_point> advance(Now now);

  /// The revision of the newest snapshot of which the proxy has answered everything it asks for.
  uint64_t settled_revision() const { return settled_revision_; }
  std::vector<TypeState> state() const;

 private:
  Subscription* find(std::string_view type_url);
  std::string next_nonce() { return std::to_string(++nonces_); }
  bool send_changes_of(std::string_view type_url, Now now);
  bool send_changes(Subscription& subscription, Now now);
  bool send_removals(Subscription& subscription, Now now);
  void send(const Subscription& subscription, const Push& push);
  void follow_routes(const Request& request);
  void follow_clusters(const Push& push, Now now);
  bool waits_for_endpoints(Now now);
  void note_settled(Now now);

  const Protocol protocol_;
  const Send send_;
  SnapshotPtr offered_snapshot_, snapshot_;  // the latter as this protocol can tell it
  std::chrono::steady_clock::time_point offered_;
  std::map<std::string, Subscription, std::less<>> subscriptions_;  // by type URL
  uint64_t nonces_ = 0;
  std::vector<std::string> awaited_;  // endpoints of new clusters
  std::chrono::steady_clock::time_point awaited_until_;
  uint64_t settled_revision_ = 0;
};

}  // namespace clew::mesh::xds
