// What simulated Envoys were sent and answered since a moment, and how soon.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "discovery.h"

namespace clew::bench {

/// Nanoseconds of CLOCK_REALTIME, which other processes of the machine read as well.
int64_t now_ns();

/// Of one Envoy.
struct Counted {
  int64_t last_ack_ns = 0;  // 0: none
  uint8_t types = 0;        // a bit for each it was sent something of
};

/// Of several Envoys.
class Tally {
 public:
  void count(const Response& response, size_t bytes, Counted& envoy);
  void count_answers(int answers, int64_t time_ns, Counted& envoy);
  void count_end() { ++ends_; }
  void count_stall() { ++stalls_; }

  /// Adds another's.
  void add(const Tally& other);
  /// Adds, of the Envoy of that name, when it answered last. A kind is the name without a number.
  void add(std::string_view name, const Counted& envoy);

  /// As one line of JSON; times in milliseconds after `since_ns`.
  std::string report(int64_t since_ns) const;
  /// {"kind": [microseconds after `since_ns`, …]}: the last answer of each Envoy that was sent
  /// anything.
  std::string times(int64_t since_ns) const;

 private:
  struct OfType {
    uint64_t responses = 0, resources = 0, removed = 0, bytes = 0, proxies = 0;
  };
  std::array<OfType, kTypes.size()> types_{};
  std::vector<int64_t> acks_ns_;
  std::map<std::string, std::vector<int64_t>, std::less<>> last_acks_ns_;  // by kind
  uint64_t ends_ = 0;                                                      // of streams
  uint64_t stalls_ = 0;  // clusters that did not get their endpoints in time
};

}  // namespace clew::bench
