// The bound on spans per second: when more come than it allows, the rate falls.
#pragma once

#include <cstdint>
#include <mutex>

#include "agent/sample/sampling_config.h"
#include "base/clock.h"

namespace clew::agent {

/// Says which share of the traces that the sampler keeps may go on.
///
/// Not a token bucket: that drops whatever comes when it is empty, so each agent breaks other
/// traces. Here a second's share is the limit divided by what the second before offered, and the
/// sampler gives up the traces of the lowest randomness: the same on all agents, whole ones, and
/// th says so. The price is that the limit holds on average and one second late. Within a second
/// the share falls, once the limit is used up, towards 0 at the burst, so the burst is never passed
/// by more than one batch per thread. Seconds are those of the wall clock, alike on all agents.
/// Source of the idea: the predictive limiter of the collector's tail_sampling (2026).
///
/// Any thread may call it.
class RateLimiter {
 public:
  RateLimiter(const SamplingRateLimit& limit, const Clock& clock) : limit_(limit), clock_(clock) {}

  /// 0 to 1, for a batch that is to be decided now.
  double share();

  /// Tells what became of the batch: spans that the rates kept, and those left by the share.
  void count(uint64_t wanted, uint64_t kept);

 private:
  void roll_locked();

  const SamplingRateLimit limit_;
  const Clock& clock_;
  std::mutex mutex_;
  uint64_t second_ = 0;  // since the Unix epoch
  uint64_t wanted_ = 0;  // in this second
  uint64_t kept_ = 0;    // in this second
  double share_ = 1;     // of this second, before the limit is used up
};

}  // namespace clew::agent
