#include "base/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace clew {
namespace {

TEST(InParallel, DoesEverythingOnce) {
  for (size_t count : {0, 1, 31, 64, 1000}) {
    std::vector<std::atomic<int>> done(count);
    in_parallel(count, [&](size_t i) { ++done[i]; });
    EXPECT_TRUE(std::ranges::all_of(done, [](const auto& times) { return times == 1; })) << count;
  }
}

}  // namespace
}  // namespace clew
