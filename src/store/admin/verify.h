// Reading all of a store's directory to see whether it is whole.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/disk.h"
#include "store/admin/check_block.h"
#include "store/admin/check_log.h"

namespace clew::store {

/// What is told while it goes on; every function may be unset.
struct VerifyEvents {
  std::function<void(const BlockCheck&)> block;      // after each
  std::function<void(const SegmentCheck&)> segment;  // after each
  std::function<void(uint64_t done_bytes, uint64_t all_bytes)> progress;
};

struct VerifySummary {
  uint64_t blocks = 0, damaged_blocks = 0, other_versions = 0;
  /// Listed, and removed by a server before they were read.
  uint64_t vanished_blocks = 0;
  uint64_t spans = 0, traces = 0;  // of the blocks, as their footers say
  uint64_t segments = 0, damaged_segments = 0;
  uint64_t log_records = 0, log_spans = 0;
  uint64_t bytes = 0;

  bool is_whole() const {
    return damaged_blocks == 0 && damaged_segments == 0 && other_versions == 0;
  }
};

/// Reads every block and the log of the store in `directory`. Changes nothing and takes no lock: a
/// server may run on it. Fails with kNotFound if there is no store, with kUnsupported on a log of
/// another version, with kIo if the disk fails.
Result<VerifySummary> verify_store(Disk& disk, const std::string& directory,
                                   const VerifyEvents& events);

}  // namespace clew::store
