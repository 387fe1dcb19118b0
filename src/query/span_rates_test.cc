#include "query/span_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace clew::query {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::NanSensitiveDoubleEq;

constexpr uint64_t kMs = 1'000'000, kSecond = 1000 * kMs;

/// Spans that begin at these seconds; the n-th lasts n milliseconds.
CountedSeries beginning_at(const std::vector<uint64_t>& seconds) {
  CountedSeries series;
  for (uint64_t second : seconds)
    series.spans.push_back({second * kSecond, (series.spans.size() + 1) * kMs, second % 2 == 1});
  return series;
}

std::vector<double> values(const std::vector<RatePoint>& points) {
  std::vector<double> result;
  for (const RatePoint& point : points) result.push_back(point.value);
  return result;
}

const TimeSteps kSteps{
    .first = 10 * kSecond, .last = 30 * kSecond, .step = 10 * kSecond, .window = 10 * kSecond};

TEST(SpanRates, APointStandsForTheSpansOfTheWindowBeforeIt) {
  auto series = beginning_at({0, 1, 10, 11, 12, 20, 31});
  // A span at the border belongs to the window that ends there: (0, 10], (10, 20], (20, 30].
  EXPECT_THAT(values(call_rates(series, kSteps)), ElementsAre(0.2, 0.3, 0));
  EXPECT_THAT(values(error_rates(series, kSteps)),
              ElementsAre(DoubleEq(0.5), DoubleEq(1 / 3.0), NanSensitiveDoubleEq(NAN)));
  std::vector<UnixNanos> times;
  for (const RatePoint& point : call_rates(series, kSteps)) times.push_back(point.time);
  EXPECT_THAT(times, ElementsAre(10 * kSecond, 20 * kSecond, 30 * kSecond));
}

TEST(SpanRates, WindowsMayOverlap) {
  TimeSteps overlapping = kSteps;
  overlapping.window = 30 * kSecond;
  EXPECT_THAT(values(call_rates(beginning_at({1, 11, 21}), overlapping)),
              ElementsAre(DoubleEq(1 / 30.0), DoubleEq(2 / 30.0), DoubleEq(3 / 30.0)));
}

TEST(SpanRates, QuantilesAreOfTheDurationsThereAre) {
  std::vector<uint64_t> seconds(10, 5);  // 1, 2, … 10 ms
  TimeSteps one{.first = 10 * kSecond, .last = 10 * kSecond, .step = 1, .window = 10 * kSecond};
  for (auto [quantile, ms] : {std::pair(0.0, 1.0), std::pair(0.1, 1.0), std::pair(0.5, 5.0),
                              std::pair(0.95, 10.0), std::pair(1.0, 10.0)})
    EXPECT_THAT(values(latencies(beginning_at(seconds), one, quantile)), ElementsAre(ms))
        << quantile;
}

TEST(SpanRates, EndAtTheEndOfTime) {
  TimeSteps last{.first = UINT64_MAX - 1, .last = UINT64_MAX, .step = 3, .window = UINT64_MAX};
  EXPECT_EQ(call_rates(beginning_at({1}), last).size(), 1u);
}

}  // namespace
}  // namespace clew::query
