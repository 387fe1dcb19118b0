// The way from one edge to one core location, as the edge's probes see it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"

namespace clew::mesh {

/// Takes what probes found, in order, and says how far the core location is and whether it
/// answers. A core location has several ingresses and an edge several proxies that probe them: it
/// answers if any of them gets an answer, and it is as near as the nearest.
class Link {
 public:
  /// What probes of one target by one proxy found since the last time: microseconds, 0 where no
  /// answer came. `from` tells the pairs of proxy and target apart.
  void add(const std::string& from, std::span<const uint32_t> round_trips, UnixNanos now);

  /// Milliseconds: the least of three probes in a row (so that jitter does not count), smoothed.
  /// Nothing before three were answered.
  std::optional<double> round_trip() const;
  /// The part of the newest twenty or so that got no answer, but for silence: 0 to 1.
  double loss() const;
  /// Whether three probes in a row of every target got no answer. False where nobody has probed
  /// for a while: who does not look cannot see an outage.
  bool is_silent(UnixNanos now) const;
  /// Whether anybody probes it.
  bool is_probed(UnixNanos now) const;

 private:
  struct Track {
    std::array<double, 3> newest{};  // milliseconds
    size_t answered = 0;
    double smoothed = 0;
    double loss = 0;
    int failures = 0;  // in a row
    UnixNanos heard = 0;

    void answer(double milliseconds);
  };

  std::map<std::string, Track> tracks_;
};

}  // namespace clew::mesh
