#include "main/allocator.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

constexpr size_t kMb = 1 << 20;

TEST(TrimMoment, ComesWhenMemoryHasGrownAndStandsStill) {
  TrimMoment moment;
  EXPECT_FALSE(moment.has_come(100 * kMb)) << "it may still grow";
  EXPECT_TRUE(moment.has_come(100 * kMb));
  moment.trimmed(90 * kMb);
  EXPECT_FALSE(moment.has_come(90 * kMb));
  EXPECT_FALSE(moment.has_come(100 * kMb));
  EXPECT_FALSE(moment.has_come(100 * kMb)) << "too little";
  EXPECT_FALSE(moment.has_come(120 * kMb));
  EXPECT_TRUE(moment.has_come(119 * kMb));
}

TEST(TrimMoment, CountsFromTheLeastThereWasSince) {
  TrimMoment moment;
  moment.trimmed(200 * kMb);
  EXPECT_FALSE(moment.has_come(100 * kMb));
  EXPECT_FALSE(moment.has_come(150 * kMb));
  EXPECT_TRUE(moment.has_come(150 * kMb));
}

}  // namespace
}  // namespace clew
