// One number, memory.limit, and what each part of an agent gets of it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/limits.h"

namespace clew::agent {

/// The least limit an agent works with.
inline constexpr uint64_t kLeastMemoryLimit = 64 << 20;

/// Bytes each part may hold. In 32nds of the limit, and of the default of 256 MiB:
///
///   in flight    6    48 MiB   requests being received, decompressed or worked on, of all
///                              listeners; one request at most half of it, and never more than
///                              limits::kRequestBytes
///   queue        8    64 MiB   requests that wait in memory or are being sent
///   the rest    18   144 MiB   the process itself; indexes and changed copies of what is in
///                              flight, at most 1.6 times as much; batches as they are sent; what
///                              the allocator loses
struct MemorySplit {
  explicit MemorySplit(uint64_t limit)
      : inflight_bytes(limit / 32 * 6),
        request_bytes(std::min<uint64_t>(inflight_bytes / 2, limits::kRequestBytes)),
        queue_bytes(limit / 32 * 8) {}

  uint64_t inflight_bytes;
  uint64_t request_bytes;
  uint64_t queue_bytes;
};

}  // namespace clew::agent
