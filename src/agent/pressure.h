// How near an agent is to its memory limit, and what it gives up before it has to refuse.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "base/clock.h"

namespace clew::agent {

/// Turns how full the memory for requests is into what to do about it, in this order:
///
///   1. from half full on, work that nobody misses for a moment is left out (relieve_work());
///   2. from three quarters on, the sampler's rates fall (share()): 1/2, 1/4, … 1/64. Which traces
///   go
///      is a matter of their hash, so agents under the same pressure give up the same traces, and
///      under different pressure one keeps a part of what the other keeps;
///   3. what then still finds no room is refused by whoever has none.
///
/// The share is 1 at three quarters and would be 0 when all is full, in a straight line. It falls
/// at once and rises a step a second, so that a burst does not cut many traces in two. Any thread
/// may call it.
class Pressure {
 public:
  /// How full memory is, each 0 to 1.
  struct Fullness {
    double in_flight =
        0;              // with requests that are worked on; it jumps, so a second's average counts
    double queued = 0;  // with what waits to be sent
  };

  /// `fullness` is asked at most once a batch, on any thread; `lower_rates` false: share() is
  /// always 1. The clock must live as long as this.
  Pressure(std::function<Fullness()> fullness, bool lower_rates,
           const Clock& clock = Clock::system());

  /// Looks at the memory; to be called for every batch before the others are asked.
  void observe();

  /// Whether optional work should be left out.
  bool relieve_work() const { return relieves_.load(std::memory_order_relaxed); }
  /// What of the traces that the rates keep may go on: 1, 1/2, … 1/64.
  double share() const { return share_.load(std::memory_order_relaxed); }

 private:
  void step_locked(Fullness fullness, UnixNanos now);

  const std::function<Fullness()> fullness_;
  const bool lower_rates_;
  const Clock& clock_;
  std::mutex mutex_;
  double average_ = 0;    // of what is in flight
  UnixNanos last_ = 0;    // observe()
  UnixNanos raised_ = 0;  // when share_ last changed
  std::atomic<double> share_ = 1;
  std::atomic<bool> relieves_ = false;
};

}  // namespace clew::agent
