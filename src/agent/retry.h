// When to send a refused batch again. Source: the OpenTelemetry Collector's retry_on_failure.
#pragma once

#include <chrono>

#include "base/result.h"

namespace clew::agent {

struct RetryOptions {
  bool enabled = true;  // false: what is not taken at once is lost
  /// The collector starts at 5 s; an agent beside its store finds it again sooner.
  std::chrono::milliseconds initial_interval{1000};
  std::chrono::milliseconds max_interval{10'000};
  double multiplier = 1.5;
  double randomization = 0.5;  // each delay is drawn from delay * [1 - r, 1 + r]
  /// Give a batch up after this long; 0 is never: the queue's bound is the only one.
  std::chrono::milliseconds max_elapsed_time{0};
};

/// How long to wait after failure number `attempt` (1 is the first). `random` is in [0, 1). What
/// the other side asked for is the least we wait, up to five minutes.
std::chrono::milliseconds retry_delay(const RetryOptions& options, int attempt, double random,
                                      const Error& error);

}  // namespace clew::agent
