// How the C library's allocator is to behave in a server.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

namespace clew {

/// Memory that is free is to be the system's again, or limits would mean little: large buffers get
/// pages of their own, and `arenas` serve all threads. Small ones stay with the allocator, which is
/// what makes it fast. Called before threads are made.
void limit_allocator(int arenas);

/// Tells from how much memory is resident, asked at even intervals, when it is worth while to look
/// for free pages between what is in use: it has grown since the last time, and stands still now,
/// so that nobody waits for the allocator who is about to need those pages.
class TrimMoment {
 public:
  static constexpr size_t kWorthwhile = 16 << 20;
  static constexpr size_t kStill = 1 << 20;

  bool has_come(size_t resident_bytes);
  /// What is left after it.
  void trimmed(size_t resident_bytes) { least_ = before_ = resident_bytes; }

 private:
  size_t least_ = 0;   // since the last time
  size_t before_ = 0;  // when it was asked last
};

/// While it lives, gives pages back to the system after each burst that has left many of them free
/// between what is in use: glibc does so only at the end of its heaps.
class IdleTrimmer {
 public:
  IdleTrimmer();
  ~IdleTrimmer();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace clew
