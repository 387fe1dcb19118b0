#include "store/bloom.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace clew::store {
namespace {

TEST(Bloom, HasEverythingItWasBuiltOfAndLittleElse) {
  std::mt19937_64 random(1);
  std::vector<uint64_t> hashes(10'000);
  for (auto& hash : hashes) hash = random();
  std::string bloom = build_bloom(hashes);
  for (uint64_t hash : hashes) ASSERT_TRUE(may_contain(bloom, hash));
  int passed = 0;
  for (int i = 0; i < 10'000; ++i) passed += may_contain(bloom, random()) ? 1 : 0;
  EXPECT_LT(passed, 200);  // 1 % expected
}

TEST(Bloom, OfNothingContainsNothing) {
  EXPECT_FALSE(may_contain(build_bloom({}), 0));
  EXPECT_FALSE(may_contain(build_bloom({}), 42));
}

}  // namespace
}  // namespace clew::store
