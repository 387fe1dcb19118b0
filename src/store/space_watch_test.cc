#include "store/space_watch.h"

#include <gtest/gtest.h>

namespace clew::store {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kGiB = 1 << 30;

TEST(SpaceWatch, ReservesAHundredthWithinReason) {
  EXPECT_EQ(default_min_free_bytes(100 * kGiB), kGiB);
  EXPECT_EQ(default_min_free_bytes(10 * kGiB), 256 * kMiB);
  EXPECT_EQ(default_min_free_bytes(100 * kMiB), 10 * kMiB);
  EXPECT_EQ(default_min_free_bytes(0), 0u);
}

TEST(SpaceWatch, IsLowBelowTheMinimumUntilAQuarterMoreIsFree) {
  SpaceWatch watch(100);
  EXPECT_FALSE(watch.update({1000, 100}));
  EXPECT_FALSE(watch.is_low());
  EXPECT_TRUE(watch.update({1000, 99}));
  EXPECT_TRUE(watch.is_low());
  EXPECT_FALSE(watch.update({1000, 124}));
  EXPECT_TRUE(watch.is_low());
  EXPECT_EQ(watch.wanted_bytes(), 125u);
  EXPECT_TRUE(watch.update({1000, 125}));
  EXPECT_FALSE(watch.is_low());
  EXPECT_FALSE(watch.update({1000, 100}));
}

TEST(SpaceWatch, AMinimumOfZeroIsNeverReached) {
  SpaceWatch watch(0);
  EXPECT_FALSE(watch.update({1000, 0}));
  EXPECT_FALSE(watch.is_low());
}

TEST(SpaceWatch, GoesByTheFileSystemUnlessToldOtherwise) {
  SpaceWatch watch(std::nullopt);
  EXPECT_TRUE(watch.update({1000, 99}));
  EXPECT_FALSE(SpaceWatch(std::nullopt).update({1000, 100}));
}

}  // namespace
}  // namespace clew::store
