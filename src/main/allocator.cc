#include "main/allocator.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/thread_name.h"

namespace clew {
namespace {

constexpr std::chrono::milliseconds kLookEvery{250};

/// 0 if the kernel does not say: then there is nothing to do.
size_t resident_bytes() {
  size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void limit_allocator(int arenas) {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
  mallopt(M_ARENA_MAX, arenas);
}

bool TrimMoment::has_come(size_t resident_bytes) {
  bool still = resident_bytes <= before_ + kStill;
  least_ = std::min(least_, resident_bytes);
  before_ = resident_bytes;
  return still && resident_bytes > least_ + kWorthwhile;
}

IdleTrimmer::IdleTrimmer() : thread_([this] { run(); }) {}

IdleTrimmer::~IdleTrimmer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void IdleTrimmer::run() {
  name_thread("clew-trim");
  TrimMoment moment;
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kLookEvery, [this] { return stopping_; })) {
    if (!moment.has_come(resident_bytes())) continue;
    malloc_trim(0);
    moment.trimmed(resident_bytes());
  }
}

}  // namespace clew
