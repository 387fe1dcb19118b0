// The clock comes in through here, so a test can own it.
#pragma once

#include <chrono>
#include <cstdint>

namespace clew {

/// Wall time in nanoseconds since the Unix epoch, as OTLP counts it.
using UnixNanos = uint64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixNanos now() const = 0;

  /// The operating system's clock; lives as long as the process.
  static const Clock& system();
};

/// A clock that stands still until told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixNanos now) : now_(now) {}
  UnixNanos now() const override { return now_; }
  void advance(std::chrono::nanoseconds by) { now_ += static_cast<UnixNanos>(by.count()); }

 private:
  UnixNanos now_;
};

}  // namespace clew
