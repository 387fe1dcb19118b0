// One simulated Envoy: what it asks for, and what it has.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "discovery.h"

namespace clew::bench {

/// Does as Envoy does with all of its configuration from delta ADS: runtime first; then all
/// clusters; what these name (endpoints, secrets); all listeners once it has that; what these name
/// (routes); all virtual hosts once routes have theirs elsewhere. It accepts everything, keeps of a
/// resource its version and what that names, and tells the versions when it connects again. Knows
/// neither sockets nor threads.
///
/// Once it has listeners, a cluster that is new or changed warms up until its endpoints come
/// (again) and clusters are acknowledged only when none warms up any more. Source:
/// ClusterManagerImpl::updateClusterCounts() of Envoy 1.40, and that Envoy itself.
class Envoy {
 public:
  /// What it says at a time, and how many acknowledgements (or refusals) are among it.
  struct Said {
    std::vector<std::string> messages;
    int answers = 0;
  };

  /// `filler` outlives it. With `secrets` it asks for what mutual TLS takes.
  Envoy(std::string id, const std::string& filler, bool secrets);

  /// What it says on a new stream.
  std::vector<std::string> open();

  Said receive(const Response& response);

  bool is_warming() const { return !warming_.empty(); }
  /// The endpoints did not come in time: goes on with those that it has.
  Said stop_warming();

  /// As a new process that has nothing. Before open() only.
  void forget();

  /// Whether it has everything that it asks for, and asks for all that it has to.
  bool complete() const;

  /// Whether it refuses what it is sent of that type.
  void refuse(Type type, bool refuses) { refuses_[static_cast<size_t>(type)] = refuses; }

  const std::string& id() const { return id_; }

 private:
  struct Held {
    std::string version;  // empty: it was told that there is none
    std::vector<std::string> needs;
  };
  struct Subscription {
    bool asked = false, answered = false;
    std::vector<std::string> names;  // sorted; none of what it wants all of
    std::map<std::string, Held> held;
  };

  Subscription& of(Type type) { return subscriptions_[static_cast<size_t>(type)]; }
  const Subscription& of(Type type) const { return subscriptions_[static_cast<size_t>(type)]; }
  bool has_all(Type type) const;
  void take(const Response& response);
  void want(Type type, std::vector<std::string> names, Said& say);
  void want_needs(Type type, Type of_type, Said& say);
  void go_on(Said& say);
  void warm_up(const Response& response);
  void answer(const Response& response, Said& say);
  void accept_withheld(Said& say);

  const std::string id_;
  const std::string& filler_;
  const bool secrets_;
  std::array<Subscription, kTypes.size()> subscriptions_;
  std::array<bool, kTypes.size()> refuses_{};
  std::set<std::string> warming_;      // the endpoints that are waited for
  std::vector<std::string> withheld_;  // nonces of responses with clusters
};

}  // namespace clew::bench
