// Which blocks have to go.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "store/block_storage.h"

namespace clew::store {

struct RetentionLimits {
  std::chrono::nanoseconds max_age;
  uint64_t max_bytes;
};

struct BlockAge {
  BlockKey key;
  UnixNanos newest;  // start of its newest span
  uint64_t size_bytes;
};

/// The blocks whose newest span is older than the age, and then the oldest until the rest, together
/// with `other_bytes` that cannot go, is within the bytes. Whole blocks; a trace whose spans are of
/// different age may lose its older ones first.
std::vector<BlockKey> expired_blocks(std::vector<BlockAge> blocks, uint64_t other_bytes,
                                     const RetentionLimits& limits, UnixNanos now);

}  // namespace clew::store
