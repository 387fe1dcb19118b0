// A copy of a store that a server may be writing to.
#pragma once

#include <cstdint>
#include <string>

#include "base/disk.h"

namespace clew::store {

struct SnapshotSummary {
  uint64_t blocks = 0, block_bytes = 0;
  uint64_t copied_blocks = 0;  // of them, where the file system could not link
  uint64_t log_segments = 0, log_bytes = 0;
};

/// Makes `target`, which must be missing or empty, a store with every span that was acknowledged
/// before the call (with Durability::kFsync or kOs), each once; spans that came later may be in it.
/// The log is copied, blocks are linked. Takes no lock, changes nothing in `directory`, and syncs
/// what it writes. Fails with kInvalid if there is something in the target, with kNotFound if
/// there is no store, with kUnavailable if the disk is full; what it made by then stays.
Result<SnapshotSummary> snapshot_store(Disk& disk, const std::string& directory,
                                       const std::string& target);

}  // namespace clew::store
