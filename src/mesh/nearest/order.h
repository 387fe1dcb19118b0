// The core locations in the order in which an edge prefers them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace clew::mesh {

/// What it costs an edge to send a request to a core location.
struct Cost {
  double milliseconds = 0;
  bool measured = false;  // by probes; else guessed from coordinates

  bool operator==(const Cost&) const = default;
};

/// The cheapest first, but steady: what is a little cheaper for a moment moves nobody. A core
/// location overtakes another if it has been cheaper by 15 %, and by 5 ms, for five seconds, and
/// the last such change is half a minute ago.
class Order {
 public:
  /// Called about every second with the costs of all. True if the order is another now.
  bool update(const std::map<std::string, Cost>& costs, UnixNanos now);

  const std::vector<std::string>& zones() const { return zones_; }
  /// As if they had been in this order, by these costs, before.
  void restore(std::vector<std::string> zones, const std::map<std::string, Cost>& costs);

 private:
  bool is_worth_a_change(const std::map<std::string, Cost>& costs) const;

  std::vector<std::string> zones_;
  std::map<std::string, bool> measured_;  // as of the last update
  UnixNanos wrong_since_ = 0;             // 0: it is right
  UnixNanos changed_at_ = 0;
};

}  // namespace clew::mesh
