// A log that keeps nothing: for a store that need not survive a restart.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "store/log.h"

namespace clew::store {

/// Acknowledges every record at once: on the thread of whoever appends, or of another one who is
/// appending at that moment, but one at a time and in order of position, as Log promises.
class NullLog final : public Log {
 public:
  /// The first record gets the position `first`.
  explicit NullLog(LogPosition first) : next_position_(first) {}
  ~NullLog() override;

  Result<void> replay(LogPosition from, const Visitor& visit) override;
  void append(const Tenant& tenant, SharedBytes payload, Appended done) override;
  Result<void> truncate(LogPosition before) override;
  uint64_t size_bytes() const override { return 0; }
  void close() override;

  bool pump() override { return false; }
  bool refuses() const override { return false; }
  bool failing() const override { return false; }
  uint64_t damaged() const override { return 0; }

 private:
  std::mutex mutex_;  // of what follows
  std::deque<Appended> queue_;
  bool acknowledging_ = false;  // somebody works the queue off
  bool closing_ = false;
  LogPosition next_position_;
  std::condition_variable idle_;
};

}  // namespace clew::store
