// Merging blocks: late spans come to their trace, repeated ones go, and searches open fewer files.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "store/block.h"
#include "store/block_output.h"

namespace clew::store {

/// Blocks of one tenant and one day that are to become one.
struct CompactionJob {
  Tenant tenant;
  std::vector<std::shared_ptr<const Block>> sources;
  uint64_t rows = 0;
};

/// So many blocks of about one size are merged, so that a span is moved once per eightfold growth
/// of its block.
inline constexpr size_t kMergedBlocks = 8;

/// What of a tenant's blocks is worth merging: kMergedBlocks neighbours in time of a size class and
/// a day, if the result stays within kMaxBlockRows. With `all`, whatever there is of a day, as far
/// as it fits.
std::vector<CompactionJob> plan_compaction(const Tenant& tenant,
                                           std::vector<std::shared_ptr<const Block>> blocks,
                                           bool all);

/// A segment of fewer rows is written again by a merge, so that small ones do not gather.
inline constexpr uint64_t kSmallSegmentRows = 64 << 10;

struct MergeOptions {
  LogPosition log_end = 0;  // as in block_format::Footer
  UnixNanos now = 0;        // becomes its written_at
  uint64_t small_segment_rows = kSmallSegmentRows;
};

/// Writes the segments of all sources into one block, and finishes it. Row groups are copied as
/// they are, but for those where many traces are in other segments too and those of small segments:
/// their traces go into a new segment, every span once. Holds 40 bytes for each trace and a few row
/// groups of each source. Fails with kUnavailable once `stop` is true, and when a source is damaged
/// where it must be read. Returns how many spans were there twice.
Result<uint64_t> merge_blocks(const CompactionJob& job, BlockOutput& out,
                              const MergeOptions& options, const std::atomic<bool>& stop);

}  // namespace clew::store
