// A bound on bytes that many hold for a while: request bodies, what is decompressed, what is
// queued.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/bytes.h"

namespace clew {

/// Counts bytes against a limit. Any thread.
class ByteBudget {
 public:
  explicit ByteBudget(size_t limit) : limit_(limit) {}

  bool acquire(size_t bytes) {
    size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void release(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t used() const { return used_.load(std::memory_order_relaxed); }
  size_t limit() const { return limit_; }
  /// 0 to 1.
  double fullness() const { return static_cast<double>(used()) / static_cast<double>(limit_); }

 private:
  const size_t limit_;
  std::atomic<size_t> used_{0};
};

/// What one holder has taken of a budget; gives it back when destroyed. Without a budget everything
/// is granted.
class ByteLease {
 public:
  explicit ByteLease(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}
  ByteLease(ByteLease&& other) noexcept
      : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
  ByteLease& operator=(ByteLease&&) = delete;
  ~ByteLease() {
    if (budget_) budget_->release(bytes_);
  }

  /// Makes the lease hold at least `bytes`; false if the budget has no more.
  bool grow_to(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (budget_ && !budget_->acquire(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

  /// Gives back all but `bytes`.
  void shrink_to(size_t bytes) {
    if (bytes >= bytes_) return;
    if (budget_) budget_->release(bytes_ - bytes);
    bytes_ = bytes;
  }

 private:
  std::shared_ptr<ByteBudget> budget_;
  size_t bytes_ = 0;
};

/// The same bytes, for which `lease` is held until the last view of them is gone.
inline SharedBytes with_lease(SharedBytes bytes, ByteLease lease) {
  std::string_view view = bytes.view();
  auto owner =
      std::make_shared<std::pair<SharedBytes, ByteLease>>(std::move(bytes), std::move(lease));
  return SharedBytes::wrap(std::move(owner), view);
}

}  // namespace clew
