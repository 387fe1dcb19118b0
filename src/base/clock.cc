#include "base/clock.h"

namespace clew {
namespace {

class SystemClock final : public Clock {
 public:
  UnixNanos now() const override {
    auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<UnixNanos>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count());
  }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

}  // namespace clew
