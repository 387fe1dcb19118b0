// One number, --memory-limit, and what each part of a store gets of it.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace clew::store {

/// The least limit a store works with.
inline constexpr uint64_t kLeastMemoryLimit = 64 << 20;

/// Bytes each part may hold. In 32nds of the limit, and of the default of 1 GiB:
///
///   part         on disk            in memory
///   head         6   192 MiB        1    32 MiB   spans in no block yet, active and frozen
///   in flight    3    96 MiB        1    32 MiB   requests that wait for the log or the head
///   cache        6   192 MiB        1    32 MiB   decoded pieces of blocks
///   compaction   4   128 MiB        1    32 MiB   blocks being written: flush and compaction
///   blocks       -     -           15   480 MiB   what --storage memory keeps, beside the head
///   the rest    13   416 MiB       13   416 MiB   connections, queries and their answers, what
///                                                 the allocator loses
///
/// So what is counted is never more than 19/32 of the limit.
struct MemoryBudget {
  uint64_t head_bytes;
  uint64_t inflight_bytes;
  uint64_t cache_bytes;
  uint64_t compaction_bytes;
  uint64_t block_bytes;  // 0 on disk

  uint64_t sum() const {
    return head_bytes + inflight_bytes + cache_bytes + compaction_bytes + block_bytes;
  }
};

enum class StorageKind : uint8_t { kDisk, kMemory };

/// Fails with kInvalid on a limit below kLeastMemoryLimit. No head gets more than 4 GiB.
Result<MemoryBudget> split_memory(uint64_t limit_bytes, StorageKind kind);

}  // namespace clew::store
