// A store that lives in memory.
#pragma once

#include "base/disk_memory.h"
#include "store/store.h"

namespace clew::store {

/// How much a store in memory keeps; the oldest blocks go first.
struct MemoryBounds {
  uint64_t spans = 1'000'000;
  uint64_t bytes = 512 << 20;  // of heads and blocks
};

/// How the bytes are shared, in sixteenths: 12 for the blocks, 2 for the one being written, 2 for
/// the heads (the limit is 1, a request may overshoot it by 1).
inline uint64_t memory_disk_bytes(const MemoryBounds& bounds) {
  return bounds.bytes / 16 * 14;
}

/// Sets the options of a store within the bounds, on `disk`, which is of memory_disk_bytes() and
/// must outlive the store. Nothing survives the disk. A block holds at most a sixteenth of the
/// spans and bytes or so, so what goes goes in steps of that; a request that is larger than a
/// sixteenth of either is refused with kTooLarge.
void keep_in_memory(StoreOptions& options, MemoryDisk& disk, const MemoryBounds& bounds);

}  // namespace clew::store
