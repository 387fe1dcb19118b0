// Times of writes: close to the clock of the wall, and never behind anything that was seen.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace clew::mesh::sync {

/// A hybrid logical clock (Kulkarni et al., 2014). What a control plane writes after it has seen a
/// version is later than that version, whatever either wall clock says; and a clock that is set
/// back does not make it repeat itself. Not synchronized.
class HybridClock {
 public:
  static constexpr int kCounterBits = 16;
  /// A clock further ahead than this is wrong: following it would spoil the order for years.
  static constexpr std::chrono::hours kMostAhead{24};

  explicit HybridClock(const Clock& clock) : clock_(clock) {}

  /// The time of one more write.
  uint64_t next() { return last_ = std::max(last_ + 1, wall()); }
  /// Whether a time of somebody else may be followed.
  bool believes(uint64_t time) const { return time <= wall() + of_millis(kMostAhead); }
  void follow(uint64_t time) { last_ = std::max(last_, time); }

  /// The wall clock as such a time.
  uint64_t wall() const { return clock_.now() / 1'000'000 << kCounterBits; }
  static uint64_t of_millis(std::chrono::milliseconds time) {
    return static_cast<uint64_t>(time.count()) << kCounterBits;
  }

 private:
  const Clock& clock_;
  uint64_t last_ = 0;
};

}  // namespace clew::mesh::sync
