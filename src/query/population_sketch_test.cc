#include "query/population_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace clew::query {
namespace {

TEST(DurationSketch, HasNothingOfNothing) {
  DurationSketch sketch;
  EXPECT_EQ(sketch.count(), 0u);
  EXPECT_EQ(sketch.quantile(0.5), 0u);
  EXPECT_EQ(sketch.longest(), 0u);
}

TEST(DurationSketch, IsExactOfOneDuration) {
  for (uint64_t value :
       {uint64_t{0}, uint64_t{1}, uint64_t{31}, uint64_t{32}, uint64_t{12345}, UINT64_MAX}) {
    DurationSketch sketch;
    sketch.add(value);
    EXPECT_EQ(sketch.quantile(0.5), value);
    EXPECT_EQ(sketch.quantile(0.99), value);
  }
}

TEST(DurationSketch, IsOffByNoMoreThanItsError) {
  std::mt19937_64 dice(1);
  std::vector<DurationSketch> sketches(2);
  std::vector<uint64_t> values;
  std::lognormal_distribution<double> spread(14, 3);
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<uint64_t>(spread(dice)));
    sketches[dice() % 2].add(values.back());
  }
  sketches[0].add(sketches[1]);
  std::ranges::sort(values);
  EXPECT_EQ(sketches[0].count(), values.size());
  EXPECT_EQ(sketches[0].shortest(), values.front());
  EXPECT_EQ(sketches[0].longest(), values.back());
  for (double quantile : {0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
    auto rank = static_cast<size_t>(std::max(std::ceil(quantile * 20'000), 1.0));
    auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(sketches[0].quantile(quantile)), exact,
                exact * DurationSketch::kError)
        << quantile;
  }
}

TEST(DurationSketch, TakesDurationsInAnyOrder) {
  DurationSketch up, down;
  for (uint64_t i = 0; i < 64; ++i) up.add(uint64_t{1} << i);
  for (uint64_t i = 64; i-- > 0;) down.add(uint64_t{1} << i);
  for (double quantile : {0.1, 0.5, 0.9}) EXPECT_EQ(up.quantile(quantile), down.quantile(quantile));
}

}  // namespace
}  // namespace clew::query
