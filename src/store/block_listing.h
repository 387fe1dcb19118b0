// Listing the blocks of a directory while a server merges and removes them.
#pragma once

#include <functional>
#include <vector>

#include "store/block_storage.h"

namespace clew::store {

/// Visits blocks until it has seen all of one moment, and returns those. `visit` must take hold of
/// the block, so that it stays when the server removes it: open it, link it. When it fails with
/// kNotFound the block has just gone, and blocks are listed again; a block that was visited may be
/// missing in what is returned, and is then replaced by others. Any other failure ends it. Fails
/// with kUnavailable if blocks keep changing.
///
/// One listing is no moment: it may show one source of a merge, and neither the other one, which is
/// gone already, nor the merged block, which came too late. Two equal listings are: a source goes
/// only when the merged block is there, so the second one has that, or else the first had both.
Result<std::vector<StoredBlock>> visit_blocks(
    BlockStorage& storage, const std::function<Result<void>(const StoredBlock&)>& visit);

}  // namespace clew::store
