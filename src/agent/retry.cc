#include "agent/retry.h"

#include <algorithm>
#include <cmath>

namespace clew::agent {

std::chrono::milliseconds retry_delay(const RetryOptions& options, int attempt, double random,
                                      const Error& error) {
  double initial = static_cast<double>(options.initial_interval.count());
  double most = static_cast<double>(options.max_interval.count());
  double delay = std::min(most, initial * std::pow(options.multiplier, attempt - 1));
  delay *= 1 - options.randomization + 2 * options.randomization * random;
  auto backoff = std::chrono::milliseconds(std::llround(delay));
  return std::max(backoff, error.retry_after.value_or(std::chrono::milliseconds(0)));
}

}  // namespace clew::agent
