#include "store/memory_budget.h"

#include <algorithm>

namespace clew::store {
namespace {

/// More makes restarts long, since a head is what is read back from the log.
constexpr uint64_t kMostHeadBytes = uint64_t{4} << 30;

}  // namespace

Result<MemoryBudget> split_memory(uint64_t limit_bytes, StorageKind kind) {
  if (limit_bytes < kLeastMemoryLimit)
    return fail(Code::kInvalid, "a memory limit of {} bytes: it must be {} MiB or more",
                limit_bytes, kLeastMemoryLimit >> 20);
  uint64_t part = limit_bytes / 32;
  MemoryBudget budget = kind == StorageKind::kDisk ? MemoryBudget{.head_bytes = 6 * part,
                                                                  .inflight_bytes = 3 * part,
                                                                  .cache_bytes = 6 * part,
                                                                  .compaction_bytes = 4 * part,
                                                                  .block_bytes = 0}
                                                   : MemoryBudget{.head_bytes = part,
                                                                  .inflight_bytes = part,
                                                                  .cache_bytes = part,
                                                                  .compaction_bytes = part,
                                                                  .block_bytes = 15 * part};
  budget.head_bytes = std::min(budget.head_bytes, kMostHeadBytes);
  return budget;
}

}  // namespace clew::store
