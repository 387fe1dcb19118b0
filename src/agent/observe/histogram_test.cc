#include "agent/observe/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace clew::agent {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(ExplicitHistogram, ABoundBelongsToTheBucketBelowIt) {
  HistogramShape shape{.bounds = {2 * kMs, 4 * kMs}};
  DurationHistogram histogram;
  for (uint64_t nanos : {uint64_t{0}, 2 * kMs, 2 * kMs + 1, 4 * kMs, 4 * kMs + 1, UINT64_MAX})
    histogram.add(nanos, shape);
  EXPECT_EQ(histogram.counts(), (std::vector<uint64_t>{2, 2, 2}));
  EXPECT_EQ(histogram.count(), 6u);
}

TEST(ExplicitHistogram, AddsUpCenturies) {
  DurationHistogram histogram;
  for (int i = 0; i < 4; ++i) histogram.add(UINT64_MAX, HistogramShape());
  EXPECT_DOUBLE_EQ(histogram.sum(DurationUnit::kSeconds), 4 * std::ldexp(1e-9, 64));
}

TEST(ExponentialHistogram, PowersOfTwoAreUpperBounds) {
  // At scale 0 bucket i is (2^i, 2^(i+1)]; the specification's own examples.
  EXPECT_EQ(ExponentialBuckets::index_of(1, 0), -1);
  EXPECT_EQ(ExponentialBuckets::index_of(1.5, 0), 0);
  EXPECT_EQ(ExponentialBuckets::index_of(2, 0), 0);
  EXPECT_EQ(ExponentialBuckets::index_of(4, 0), 1);
  EXPECT_EQ(ExponentialBuckets::index_of(4.1, 0), 2);
  EXPECT_EQ(ExponentialBuckets::index_of(0.25, 0), -3);
  EXPECT_EQ(ExponentialBuckets::index_of(4, 1), 3);
  EXPECT_EQ(ExponentialBuckets::index_of(4.1, -1), 1);
  EXPECT_EQ(ExponentialBuckets::index_of(4, -1), 0);
}

TEST(ExponentialHistogram, EveryValueLiesWithinTheBoundsOfItsBucket) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    int scale = int(random() % 25) - 4;
    double value = std::ldexp(1 + double(random() >> 11) * 0x1p-53, int(random() % 60) - 20);
    int32_t index = ExponentialBuckets::index_of(value, scale);
    double base_log2 = std::ldexp(1.0, -scale);
    double position = std::log2(value) / base_log2;
    // Logarithms round: at a bound itself either neighbour would do.
    EXPECT_GE(position, index - 1e-6) << value << " at scale " << scale;
    EXPECT_LE(position, index + 1 + 1e-6) << value << " at scale " << scale;
  }
}

TEST(ExponentialHistogram, KeepsTheFinestScaleThatFits) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 200; ++round) {
    auto max_size = int32_t(2 + random() % 160);
    ExponentialBuckets buckets;
    std::vector<double> values;
    for (size_t i = 0, n = 1 + random() % 50; i < n; ++i) {
      values.push_back(std::ldexp(1 + double(random() % 1000) / 1000, int(random() % 40) - 10));
      buckets.add(values.back(), max_size);
    }
    auto spread_at = [&](int scale) {
      int32_t low = INT32_MAX, high = INT32_MIN;
      for (double value : values) {
        int32_t index = ExponentialBuckets::index_of(value, ExponentialBuckets::kMaxScale) >>
                        (ExponentialBuckets::kMaxScale - scale);
        low = std::min(low, index), high = std::max(high, index);
      }
      return high - low + 1;
    };
    EXPECT_LE(spread_at(buckets.scale()), max_size);
    if (buckets.scale() < ExponentialBuckets::kMaxScale) {
      EXPECT_GT(spread_at(buckets.scale() + 1), max_size);
    }
    uint64_t total = 0;
    for (uint64_t count : buckets.counts()) total += count;
    EXPECT_EQ(total, values.size());
    EXPECT_EQ(buckets.counts().size(), size_t(spread_at(buckets.scale())));
  }
}

TEST(ExponentialHistogram, AgreesWithTheCollectors) {
  // As its span_metrics connector 0.165.1 exported these durations with max_size: 20.
  HistogramShape shape{.bounds = {}, .max_size = 20};
  DurationHistogram many, two;
  for (uint64_t ms : {0, 1, 2, 3, 4, 7, 10, 49, 51, 999, 15'000, 15'001, 60'000, 5, 5, 5, 0})
    many.add(ms * kMs, shape);
  EXPECT_EQ(many.zero_count(), 2u);
  EXPECT_EQ(many.exponential().scale(), 0);
  EXPECT_EQ(many.exponential().offset(), -1);
  EXPECT_EQ(many.exponential().counts(),
            (std::vector<uint64_t>{1, 1, 2, 4, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1}));
  two.add(30 * kMs, shape);
  two.add(300 * kMs, shape);
  EXPECT_EQ(two.exponential().scale(), 2);
  EXPECT_EQ(two.exponential().offset(), 19);
  EXPECT_EQ(two.exponential().counts(),
            (std::vector<uint64_t>{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  for (auto [nanos, offset] : {std::pair<uint64_t, int32_t>{1, -20'899'765},
                               {1'234'567, 318'772},
                               {2 * kMs, 1'048'575},
                               {3 * kMs, 1'661'953}}) {
    DurationHistogram single;
    single.add(nanos, shape);
    EXPECT_EQ(single.exponential().scale(), 20);
    EXPECT_EQ(single.exponential().offset(), offset);
  }
}

TEST(ExponentialHistogram, TheOrderOfValuesDoesNotMatter) {
  std::mt19937_64 random(9);
  HistogramShape shape{.bounds = {}, .max_size = 20};
  std::vector<uint64_t> values(500);
  for (uint64_t& value : values) value = random() >> (random() % 50);
  auto histogram_of = [&] {
    DurationHistogram histogram;
    for (uint64_t value : values) histogram.add(value, shape);
    return histogram;
  };
  DurationHistogram once = histogram_of();
  std::ranges::shuffle(values, random);
  DurationHistogram again = histogram_of();
  EXPECT_EQ(once.exponential().scale(), again.exponential().scale());
  EXPECT_EQ(once.exponential().offset(), again.exponential().offset());
  EXPECT_EQ(once.exponential().counts(), again.exponential().counts());
  EXPECT_EQ(once.sum(shape.unit), again.sum(shape.unit));
}

TEST(Histogram, SinceACopyIsWhatCameAfterIt) {
  HistogramShape shape{.bounds = {}, .max_size = 4};
  DurationHistogram histogram;
  histogram.add(0, shape);
  histogram.add(3 * kMs, shape);
  DurationHistogram earlier = histogram;
  histogram.add(5'000 * kMs, shape);  // the scale falls
  histogram.add(0, shape);
  DurationHistogram since = histogram.since(earlier);
  EXPECT_EQ(since.count(), 2u);
  EXPECT_EQ(since.zero_count(), 1u);
  EXPECT_DOUBLE_EQ(since.sum(DurationUnit::kMilliseconds), 5000);
  uint64_t total = 0;
  for (uint64_t count : since.exponential().counts()) total += count;
  EXPECT_EQ(total, 1u);
}

}  // namespace
}  // namespace clew::agent
