#include "store/log_null.h"

namespace clew::store {

NullLog::~NullLog() {
  close();
}

Result<void> NullLog::replay(LogPosition, const Visitor&) {
  return {};
}

void NullLog::append(const Tenant&, SharedBytes, Appended done) {
  std::unique_lock lock(mutex_);
  if (closing_) {
    lock.unlock();
    return done(fail(Code::kUnavailable, "the store is shutting down"));
  }
  queue_.push_back(std::move(done));
  // Not under the lock: a callback may append. Its record then waits here for this loop.
  if (acknowledging_) return;
  acknowledging_ = true;
  while (!queue_.empty()) {
    Appended next = std::move(queue_.front());
    queue_.pop_front();
    LogPosition position = next_position_++;
    lock.unlock();
    next(position);
    lock.lock();
  }
  acknowledging_ = false;
  idle_.notify_all();
}

Result<void> NullLog::truncate(LogPosition) {
  return {};
}

void NullLog::close() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  idle_.wait(lock, [this] { return !acknowledging_; });
}

}  // namespace clew::store
