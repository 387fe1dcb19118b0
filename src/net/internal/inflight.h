// How many bytes of requests a listener holds at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace clew::net {

/// Counts bytes against a limit. Any thread.
class InflightBudget {
 public:
  explicit InflightBudget(size_t limit) : limit_(limit) {}

  bool acquire(size_t bytes) {
    size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void release(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const size_t limit_;
  std::atomic<size_t> used_{0};
};

/// What one request has taken of the budget; gives it back when destroyed.
class InflightLease {
 public:
  explicit InflightLease(std::shared_ptr<InflightBudget> budget) : budget_(std::move(budget)) {}
  InflightLease(InflightLease&& other) noexcept
      : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
  InflightLease& operator=(InflightLease&&) = delete;
  ~InflightLease() {
    if (budget_) budget_->release(bytes_);
  }

  /// Makes the lease hold at least `bytes`; false if the budget has no more.
  bool grow_to(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (!budget_->acquire(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

 private:
  std::shared_ptr<InflightBudget> budget_;
  size_t bytes_ = 0;
};

}  // namespace clew::net
