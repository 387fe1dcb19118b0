// One simulated Envoy: what it asks for, and what it has.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "discovery.h"

namespace clew::bench {

/// Does as Envoy does with all of its configuration from delta ADS: runtime first; then all
/// clusters; what these name (endpoints, secrets); all listeners once it has that; what these name
/// (routes). It accepts everything, keeps of a resource its version and what that names, and tells
/// the versions when it connects again. Knows neither sockets nor threads.
class Envoy {
 public:
  /// `filler` outlives it. With `secrets` it asks for what mutual TLS takes.
  Envoy(std::string id, const std::string& filler, bool secrets);

  /// What it says on a new stream.
  std::vector<std::string> open();

  /// What it answers; the last is the ACK.
  std::vector<std::string> receive(const Response& response);

  /// As a new process that has nothing. Before open() only.
  void forget();

  /// Whether it has everything that it asks for, and asks for all that it has to.
  bool complete() const;

  /// Answers to the first response of that type are refusals until it is told otherwise.
  void refuse(Type type, bool refuses) { refuses_[static_cast<size_t>(type)] = refuses; }

  const std::string& id() const { return id_; }

 private:
  struct Held {
    std::string version;  // empty: it was told that there is none
    std::vector<std::string> needs;
  };
  struct Subscription {
    bool asked = false, answered = false;
    std::vector<std::string> names;  // sorted; of clusters and listeners none: it wants them all
    std::map<std::string, Held> held;
  };

  Subscription& of(Type type) { return subscriptions_[static_cast<size_t>(type)]; }
  const Subscription& of(Type type) const { return subscriptions_[static_cast<size_t>(type)]; }
  bool has_all(Type type) const;
  void take(const Response& response);
  void want(Type type, std::vector<std::string> names, std::vector<std::string>& say);
  void want_needs(Type type, Type of_type, std::vector<std::string>& say);
  void go_on(std::vector<std::string>& say);

  const std::string id_;
  const std::string& filler_;
  const bool secrets_;
  std::array<Subscription, kTypes.size()> subscriptions_;
  std::array<bool, kTypes.size()> refuses_{};
};

}  // namespace clew::bench
