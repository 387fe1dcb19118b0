// Writing the readable row groups of a damaged block into a new one.
#pragma once

#include "base/clock.h"
#include "store/admin/check_block.h"
#include "store/block_storage.h"

namespace clew::store {

struct Rewritten {
  uint64_t spans = 0;  // in the new block
  /// In groups that cannot be read; of traces, pieces count.
  uint64_t lost_spans = 0, lost_traces = 0;
};

/// Writes the groups that `check` says are readable into a block with the same name, which takes
/// the place of the damaged one in one step. If spans are lost the new block does not say that it
/// covers the log: what the log still has of them is read again. Exactly repeated spans are
/// dropped. Fails with kMalformed if no group can be read, with kIo or kUnavailable as the storage
/// does; the damaged block stays then.
Result<Rewritten> rewrite_block(BlockStorage& storage, const BlockCheck& check,
                                std::shared_ptr<const ReadFile> file, UnixNanos now);

}  // namespace clew::store
