#include "store/retention.h"

#include <algorithm>

namespace clew::store {

std::vector<BlockKey> expired_blocks(std::vector<BlockAge> blocks, uint64_t other_bytes,
                                     const RetentionLimits& limits, UnixNanos now) {
  std::ranges::sort(blocks, [](const BlockAge& a, const BlockAge& b) {
    return a.newest != b.newest ? a.newest < b.newest : a.key < b.key;
  });
  uint64_t bytes = other_bytes;
  for (const BlockAge& block : blocks) bytes += block.size_bytes;
  auto max_age = static_cast<UnixNanos>(limits.max_age.count());
  UnixNanos horizon = now > max_age ? now - max_age : 0;

  std::vector<BlockKey> expired;
  for (const BlockAge& block : blocks) {
    if (block.newest >= horizon && bytes <= limits.max_bytes) break;
    expired.push_back(block.key);
    bytes -= block.size_bytes;
  }
  return expired;
}

}  // namespace clew::store
