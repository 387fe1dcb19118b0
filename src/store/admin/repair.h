// Making a damaged store whole again, as far as that goes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "store/admin/check_block.h"
#include "store/admin/check_log.h"

namespace clew::store {

/// What became of one damaged block.
struct BlockRepair {
  BlockCheck check;        // what was wrong
  bool rewritten = false;  // what could be read is a block again, under the same name
  std::string set_aside;   // where the damaged one is now
  /// What could not be read; unset: unknown. A trace counts when any of its spans in the block is
  /// lost.
  std::optional<uint64_t> lost_spans, lost_traces;
};

/// What became of one damaged segment of the log.
struct SegmentRepair {
  SegmentCheck check;
  std::string set_aside;
};

struct RepairEvents {
  std::function<void(const BlockRepair&)> block;
  std::function<void(const SegmentRepair&)> segment;
  std::function<void(uint64_t done_bytes, uint64_t all_bytes)> progress;
};

struct RepairSummary {
  uint64_t blocks = 0, damaged_blocks = 0;  // looked at, of them damaged
  uint64_t segments = 0, damaged_segments = 0;
  uint64_t lost_spans = 0;      // as far as it is known
  uint64_t unknown_losses = 0;  // blocks of which it is not, and segments
};

/// Puts each damaged block and log segment into `directory`/damaged, where nothing reads it, and
/// writes what can be read of it anew in its place. Takes the store's lock. Nothing is ever
/// deleted. After a crash, or when it fails in between, the directory is no worse than before:
/// calling it again goes on. On a whole store it does nothing. Fails with kUnavailable if a server
/// runs or the disk is full, with kUnsupported on files of another version, kNotFound if there is
/// no store, kIo if the disk fails.
Result<RepairSummary> repair_store(Disk& disk, const std::string& directory, UnixNanos now,
                                   const RepairEvents& events);

}  // namespace clew::store
