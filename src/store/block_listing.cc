#include "store/block_listing.h"

#include <algorithm>
#include <set>

namespace clew::store {
namespace {

/// Each costs a listing; a server merges about once a second.
constexpr int kMostListings = 1000;

bool same_keys(const std::vector<StoredBlock>& a, const std::vector<StoredBlock>& b) {
  return std::ranges::equal(a, b, {}, &StoredBlock::key, &StoredBlock::key);
}

}  // namespace

Result<std::vector<StoredBlock>> visit_blocks(
    BlockStorage& storage, const std::function<Result<void>(const StoredBlock&)>& visit) {
  std::set<BlockKey> visited;
  auto blocks = storage.list();
  for (int listings = 0; blocks && listings < kMostListings; ++listings) {
    bool vanished = false;
    for (const StoredBlock& block : *blocks) {
      if (visited.contains(block.key)) continue;
      auto done = visit(block);
      if (!done && done.error().code != Code::kNotFound) return std::unexpected(done.error());
      vanished = vanished || !done;
      if (done) visited.insert(block.key);
    }
    auto again = storage.list();
    if (again && !vanished && same_keys(*blocks, *again)) return again;
    blocks = std::move(again);
  }
  if (!blocks) return blocks;
  return fail(Code::kUnavailable, "blocks change faster than they can be listed");
}

}  // namespace clew::store
