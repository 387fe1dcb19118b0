#include <gtest/gtest.h>

#include <atomic>

#include "query/engine.h"
#include "store/testing.h"

namespace clew::query {
namespace {

using otlp::SpanKind;
using otlp::testing::SpanSpec;

constexpr UnixNanos kSecond = 1'000'000'000, kNow = 1'000'000'000 * kSecond;

struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

/// A clock that jumps at each look, so that deadlines pass.
class JumpingClock final : public Clock {
 public:
  UnixNanos now() const override { return now_ += step; }
  uint64_t step = 0;

 private:
  mutable std::atomic<UnixNanos> now_ = kNow;
};

/// Five traces a second apart: edge calls shop, which fails in odd ones.
class CountSpansTest : public ::testing::Test {
 protected:
  CountSpansTest() {
    for (uint64_t i = 1; i <= 5; ++i) append_trace(i);
  }

  void append_trace(uint64_t i) {
    UnixNanos start = kNow + i * kSecond;
    std::vector<SpanSpec> spans = {
        {.trace = i, .service = "edge", .name = "in", .start = start},
        {.trace = i,
         .span = 2,
         .parent = 1,
         .service = "edge",
         .name = "out",
         .kind = SpanKind::kClient,
         .start = start + 1},
        {.trace = i,
         .span = 3,
         .parent = 2,
         .service = "shop",
         .name = i < 3 ? "buy" : "look",
         .start = start + 2,
         .status = i % 2 == 1 ? otlp::StatusCode::kError : otlp::StatusCode::kUnset}};
    CLEW_CHECK(sim_.append(otlp::testing::batch_of(spans), Tenant()).has_value());
  }

  static SpanSelection select(std::vector<std::string> services) {
    return {.services = std::move(services),
            .kinds = {SpanKind::kServer},
            .start_min = kNow,
            .start_max = kNow + 100 * kSecond};
  }
  CountedSpans count(const SpanSelection& selection) {
    return engine_.count_spans(Tenant(), selection).value();
  }

  OpenStore sim_;
  JumpingClock clock_;
  Engine engine_{*sim_.store, clock_};
};

TEST_F(CountSpansTest, CountsTheSpansOfTheKind) {
  auto counted = count(select({"shop", "edge"}));
  EXPECT_TRUE(counted.complete);
  ASSERT_EQ(counted.series.size(), 2u);
  EXPECT_EQ(counted.series[0].service, "edge");
  EXPECT_EQ(counted.series[0].spans.size(), 5u);
  EXPECT_EQ(counted.series[1].spans.size(), 5u);
  EXPECT_EQ(std::ranges::count_if(counted.series[1].spans, &CountedSpan::is_error), 3);
  EXPECT_TRUE(std::ranges::is_sorted(counted.series[1].spans, {}, &CountedSpan::start));
  auto both = select({"edge"});
  both.kinds.push_back(SpanKind::kClient);
  EXPECT_EQ(count(both).series.at(0).spans.size(), 10u);
  EXPECT_TRUE(count(select({"none"})).series.empty());
}

TEST_F(CountSpansTest, HasASeriesForEachOperationIfAsked) {
  auto selection = select({"shop"});
  selection.by_operation = true;
  auto counted = count(selection);
  ASSERT_EQ(counted.series.size(), 2u);
  EXPECT_EQ(counted.series[0].operation, "buy");
  EXPECT_EQ(counted.series[0].spans.size(), 2u);
  EXPECT_EQ(counted.series[1].spans.size(), 3u);
}

TEST_F(CountSpansTest, OnlySpansOfTheTime) {
  auto selection = select({"shop"});
  selection.start_min = kNow + 2 * kSecond;
  selection.start_max = kNow + 4 * kSecond;  // the shop's span of the fourth begins a bit later
  EXPECT_EQ(count(selection).series.at(0).spans.size(), 2u);
}

TEST_F(CountSpansTest, AfterItsDeadlineHasCountedNothing) {
  clock_.step = 31 * kSecond;
  auto counted = count(select({"shop"}));
  EXPECT_FALSE(counted.complete);
  EXPECT_EQ(counted.counted_from, UINT64_MAX);
  EXPECT_TRUE(counted.series.empty());
}

TEST_F(CountSpansTest, SaysSinceWhenItHasCountedEverything) {
  SpanSelection selection = select({"shop"});
  SpanCounter counter(selection, 2);
  EXPECT_TRUE(sim_.store->scan_columns(Tenant(), counter));
  CountedSpans counted = counter.take();
  EXPECT_FALSE(counted.complete);
  EXPECT_GT(counted.counted_from, kNow + 3 * kSecond);
  ASSERT_EQ(counted.series.size(), 1u);
  ASSERT_EQ(counted.series[0].spans.size(), 2u);
  EXPECT_EQ(counted.series[0].spans[0].start, kNow + 4 * kSecond + 2);
}

TEST_F(CountSpansTest, AnAttributeMaySayThatASpanFailed) {
  CLEW_CHECK(sim_.append(otlp::testing::batch_of({{.trace = 9,
                                                   .service = "bank",
                                                   .start = kNow + kSecond,
                                                   .attributes = {{"error", "true"}}}}),
                         Tenant())
                 .has_value());
  EXPECT_TRUE(count(select({"bank"})).series.at(0).spans.at(0).is_error);
}

TEST_F(CountSpansTest, OfTooManyOperationsSomeAreCounted) {
  SpanSelection selection{.services = {"x"}, .by_operation = true, .start_max = UINT64_MAX};
  SpanCounter counter(selection, 1'000'000);
  for (size_t i = 0; i <= SpanCounter::kMostSeries; ++i) {
    uint32_t number = counter.class_of(
        otlp::testing::batch_of({{.service = "x", .name = std::to_string(i), .start = kNow}}));
    counter.rows(std::vector{number}, std::vector{kNow}, std::vector<uint64_t>{1});
    EXPECT_EQ(number == UINT32_MAX, i == SpanCounter::kMostSeries);
  }
  CountedSpans counted = counter.take();
  EXPECT_FALSE(counted.complete);
  EXPECT_EQ(counted.series.size(), SpanCounter::kMostSeries);
}

TEST_F(CountSpansTest, OfSpansThatBeganAtOnceLeavesAllOut) {
  SpanSelection selection{.services = {"x"}, .start_max = UINT64_MAX};
  SpanCounter counter(selection, 2);
  uint32_t number = counter.class_of(otlp::testing::batch_of({{.service = "x", .start = kNow}}));
  std::vector<uint32_t> classes(100, number);
  std::vector<UnixNanos> starts(100, kNow);
  counter.rows(classes, starts, std::vector<uint64_t>(100, 1));
  CountedSpans counted = counter.take();
  EXPECT_EQ(counted.counted_from, kNow + 1);
  EXPECT_TRUE(counted.series.empty());
}

}  // namespace
}  // namespace clew::query
