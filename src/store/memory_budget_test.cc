#include "store/memory_budget.h"

#include <gtest/gtest.h>

namespace clew::store {
namespace {

constexpr uint64_t kMiB = 1 << 20;

TEST(MemoryBudget, TheDefaultIsSplitAsItsTableSays) {
  MemoryBudget disk = split_memory(1024 * kMiB, StorageKind::kDisk).value();
  EXPECT_EQ(disk.head_bytes, 192 * kMiB);
  EXPECT_EQ(disk.inflight_bytes, 96 * kMiB);
  EXPECT_EQ(disk.cache_bytes, 192 * kMiB);
  EXPECT_EQ(disk.compaction_bytes, 128 * kMiB);
  EXPECT_EQ(disk.block_bytes, 0u);
  MemoryBudget memory = split_memory(1024 * kMiB, StorageKind::kMemory).value();
  EXPECT_EQ(memory.head_bytes, 32 * kMiB);
  EXPECT_EQ(memory.block_bytes, 480 * kMiB);
}

TEST(MemoryBudget, LeavesRoomWhateverTheLimit) {
  for (auto kind : {StorageKind::kDisk, StorageKind::kMemory})
    for (uint64_t limit :
         {kLeastMemoryLimit, 100 * kMiB + 7, 1024 * kMiB, 64 * 1024 * kMiB, UINT64_MAX}) {
      MemoryBudget budget = split_memory(limit, kind).value();
      EXPECT_LE(budget.sum(), limit / 32 * 19) << limit;
      EXPECT_GE(budget.head_bytes, 2 * kMiB) << limit;
      EXPECT_LE(budget.head_bytes, 4096 * kMiB) << limit;
    }
}

TEST(MemoryBudget, RefusesTooLittle) {
  auto refused = split_memory(kLeastMemoryLimit - 1, StorageKind::kDisk);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace clew::store
