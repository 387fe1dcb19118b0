#include "agent/sample/rate_limiter.h"

#include <algorithm>

namespace clew::agent {

double RateLimiter::share() {
  std::lock_guard lock(mutex_);
  roll_locked();
  if (kept_ < limit_.spans_per_second) return share_;
  if (kept_ >= limit_.burst) return 0;
  double used = static_cast<double>(kept_ - limit_.spans_per_second) /
                static_cast<double>(limit_.burst - limit_.spans_per_second);
  return share_ * (1 - used);
}

void RateLimiter::count(uint64_t wanted, uint64_t kept) {
  std::lock_guard lock(mutex_);
  roll_locked();
  wanted_ += wanted;
  kept_ += kept;
}

void RateLimiter::roll_locked() {
  uint64_t second = clock_.now() / 1'000'000'000;
  if (second == second_) return;
  // After a second without spans, or a jump of the clock, what came before foretells nothing.
  bool is_next = second == second_ + 1;
  share_ = is_next && wanted_ > limit_.spans_per_second
               ? static_cast<double>(limit_.spans_per_second) / static_cast<double>(wanted_)
               : 1;
  second_ = second;
  wanted_ = kept_ = 0;
}

}  // namespace clew::agent
