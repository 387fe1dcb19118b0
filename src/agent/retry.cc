#include "agent/retry.h"

#include <algorithm>
#include <cmath>

namespace clew::agent {
namespace {

/// A date in Retry-After is as wrong as two clocks are, and while a peer is waited for nothing at
/// all reaches it.
constexpr std::chrono::minutes kLongestAskedFor{5};

}  // namespace

std::chrono::milliseconds retry_delay(const RetryOptions& options, int attempt, double random,
                                      const Error& error) {
  double initial = static_cast<double>(options.initial_interval.count());
  double most = static_cast<double>(options.max_interval.count());
  double delay = std::min(most, initial * std::pow(options.multiplier, attempt - 1));
  delay *= 1 - options.randomization + 2 * options.randomization * random;
  auto backoff = std::chrono::milliseconds(std::llround(delay));
  auto asked_for = error.retry_after.value_or(std::chrono::milliseconds(0));
  return std::max(backoff, std::min<std::chrono::milliseconds>(asked_for, kLongestAskedFor));
}

}  // namespace clew::agent
