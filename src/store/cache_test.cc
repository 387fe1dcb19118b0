#include "store/cache.h"

#include <gtest/gtest.h>

namespace clew::store {
namespace {

class CacheTest : public testing::Test {
 protected:
  int get(uint64_t block, uint32_t number, int value, size_t bytes = 10) {
    auto got = cache_.get<int>({block, 0, number}, [&]() -> Result<Cache::Loaded<int>> {
      ++loads_;
      return Cache::Loaded<int>{std::make_shared<const int>(value), bytes};
    });
    return **got;
  }

  Cache cache_{30};
  int loads_ = 0;
};

TEST_F(CacheTest, LoadsOnce) {
  EXPECT_EQ(get(1, 1, 5), 5);
  EXPECT_EQ(get(1, 1, 6), 5);
  EXPECT_EQ(loads_, 1);
}

TEST_F(CacheTest, EvictsWhatWasNotUsedForLongest) {
  get(1, 1, 1);
  get(1, 2, 2);
  get(1, 3, 3);
  get(1, 1, 0);  // used
  get(1, 4, 4);  // 2 has to go
  EXPECT_EQ(cache_.bytes(), 30u);
  EXPECT_EQ(get(1, 1, 9), 1);
  EXPECT_EQ(get(1, 2, 9), 9);
}

TEST_F(CacheTest, KeepsNothingLargerThanItself) {
  get(1, 1, 1);
  EXPECT_EQ(get(1, 2, 2, 31), 2);
  EXPECT_EQ(cache_.bytes(), 10u);
}

TEST_F(CacheTest, ForgetsABlock) {
  get(1, 1, 1);
  get(2, 1, 2);
  cache_.erase(1);
  EXPECT_EQ(cache_.bytes(), 10u);
  EXPECT_EQ(get(1, 1, 7), 7);
  EXPECT_EQ(get(2, 1, 7), 2);
}

TEST_F(CacheTest, KnowsWhatItWasAskedLately) {
  EXPECT_FALSE(cache_.missed_lately({1, 0, 0}));
  EXPECT_TRUE(cache_.missed_lately({1, 0, 0}));
  for (uint32_t i = 1; i < Cache::kLately; ++i) EXPECT_FALSE(cache_.missed_lately({1, 0, i}));
  EXPECT_TRUE(cache_.missed_lately({1, 0, 0}));
  EXPECT_FALSE(cache_.missed_lately({1, 0, Cache::kLately}));
  EXPECT_FALSE(cache_.missed_lately({1, 0, 0}));  // forgotten
}

TEST_F(CacheTest, PeeksWithoutLoading) {
  EXPECT_EQ(cache_.peek<int>({1, 0, 1}), nullptr);
  get(1, 1, 5);
  EXPECT_EQ(*cache_.peek<int>({1, 0, 1}), 5);
}

TEST_F(CacheTest, AFailureIsNotKept) {
  auto got = cache_.get<int>({1, 0, 1},
                             []() -> Result<Cache::Loaded<int>> { return fail(Code::kIo, "no"); });
  EXPECT_FALSE(got);
  EXPECT_EQ(get(1, 1, 5), 5);
}

}  // namespace
}  // namespace clew::store
