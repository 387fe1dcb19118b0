#include "query/engine.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/testing.h"

namespace clew::query {
namespace {

using otlp::testing::SpanSpec;
using otlp::testing::trace_id;
using std::chrono::milliseconds;

constexpr UnixNanos kNow = 1'000'000'000'000'000'000;

/// A clock that moves by itself, so that deadlines pass in the middle of a query.
class RunningClock final : public Clock {
 public:
  UnixNanos now() const override { return now_ += step; }
  uint64_t step = 1;

 private:
  mutable std::atomic<UnixNanos> now_ = kNow;  // two threads read traces
};

/// Open from the start, since the engine takes a reference.
struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    for (uint64_t i = 1; i <= 5; ++i)
      append({{.trace = i, .span = 1, .service = "edge", .name = "in", .start = kNow + i * 100},
              {.trace = i,
               .span = 2,
               .parent = 1,
               .service = "shop",
               .start = kNow + i * 100 + 1,
               .attributes = {{"n", std::to_string(i)}}}});
  }

  void append(const std::vector<SpanSpec>& spans, const Tenant& tenant = {}) {
    CLEW_CHECK(sim_.append(otlp::testing::batch_of(spans), tenant).has_value());
  }

  OpenStore sim_;
  RunningClock clock_;
  Engine engine_{*sim_.store, clock_};
};

TEST_F(EngineTest, SearchSummarisesTheNewest) {
  auto result = engine_.search(Tenant(), {.service = "shop"}, 2).value();
  ASSERT_EQ(result.traces.size(), 2u);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.traces[0].id, trace_id(5));
  EXPECT_EQ(result.traces[0].root_service, "edge");
  EXPECT_EQ(result.traces[0].span_count, 2u);
  EXPECT_EQ(result.traces[1].id, trace_id(4));
  EXPECT_TRUE(engine_.search(Tenant::parse("other").value(), {}, 10)->traces.empty());
}

TEST_F(EngineTest, SearchGoesOnWhereItEnded) {
  std::vector<TraceId> seen;
  std::optional<store::FoundTrace> after;
  for (int page = 1; page <= 3; ++page) {
    auto result = engine_.search(Tenant(), {}, 2, after).value();
    EXPECT_TRUE(result.complete);
    for (const TraceSummary& trace : result.traces) seen.push_back(trace.id);
    EXPECT_EQ(result.next.has_value(), page < 3);
    after = result.next;
  }
  EXPECT_EQ(seen, (std::vector{trace_id(5), trace_id(4), trace_id(3), trace_id(2), trace_id(1)}));
  EXPECT_FALSE(engine_.search(Tenant(), {}, 5)->next);
}

TEST_F(EngineTest, WhatTheDeadlineLeftOutIsOnTheNextPage) {
  // Each look at the clock takes a fifth of the time: some are summarised, not all.
  clock_.step = std::chrono::nanoseconds(limits::kQueryDeadline).count() / 5;
  std::vector<TraceId> seen;
  std::optional<store::FoundTrace> after;
  int pages = 0;
  do {
    auto result = engine_.search(Tenant(), {}, 5, after).value();
    for (const TraceSummary& trace : result.traces) seen.push_back(trace.id);
    after = result.next;
    ASSERT_LT(++pages, 10);
  } while (after);
  EXPECT_GT(pages, 1);
  EXPECT_EQ(seen, (std::vector{trace_id(5), trace_id(4), trace_id(3), trace_id(2), trace_id(1)}));
}

TEST_F(EngineTest, TagsForCompletion) {
  using enum store::AttributeScope;
  EXPECT_EQ(engine_.tag_names(Tenant(), std::nullopt),
            (std::vector<store::TagName>{{kResource, "service.name"}, {kSpan, "n"}}));
  EXPECT_EQ(engine_.tag_values(Tenant(), kSpan, "n", "", 2),
            (std::vector<store::TagValue>{{"1", otlp::ValueType::kString},
                                          {"2", otlp::ValueType::kString}}));
}

TEST_F(EngineTest, SearchTracesGivesAllSpansOfWhatMatches) {
  auto result = engine_.search_traces(Tenant(), {.tags = {{"n", "3"}}}, 10).value();
  ASSERT_EQ(result.traces.size(), 1u);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.traces[0].spans().size(), 2u);
}

TEST_F(EngineTest, TraceServicesAndOperations) {
  EXPECT_EQ(engine_.trace(Tenant(), trace_id(1))->spans.spans().size(), 2u);
  EXPECT_EQ(engine_.trace(Tenant(), trace_id(9)).error().code, Code::kNotFound);
  EXPECT_EQ(engine_.services(Tenant()), (std::vector<std::string>{"edge", "shop"}));
  EXPECT_EQ(engine_.operations(Tenant(), "edge"),
            (std::vector<store::Operation>{{"in", otlp::SpanKind::kServer}}));
}

TEST_F(EngineTest, TracesByIdAreFoundOnceAndInOrder) {
  std::vector<TraceId> ids = {trace_id(3), trace_id(9), trace_id(1), trace_id(3), trace_id(9)};
  auto result = engine_.traces_by_id(Tenant(), ids);
  EXPECT_TRUE(result.found.complete);
  ASSERT_EQ(result.found.traces.size(), 2u);
  EXPECT_EQ(result.found.traces[0].spans().front().trace_id, trace_id(3));
  EXPECT_EQ(result.found.traces[1].spans().front().trace_id, trace_id(1));
  EXPECT_EQ(result.not_found, std::vector<TraceId>{trace_id(9)});
  EXPECT_TRUE(result.not_looked_at.empty());
}

TEST_F(EngineTest, TracesByIdLooksAtAsManyAsTheLimitSaysAndNoMore) {
  std::vector<TraceId> ids;
  for (uint64_t i = 0; i < limits::kSearchResults; ++i) ids.push_back(trace_id(100 + i));
  EXPECT_TRUE(engine_.traces_by_id(Tenant(), ids).found.complete);
  ids.push_back(trace_id(1));
  auto result = engine_.traces_by_id(Tenant(), ids);
  EXPECT_FALSE(result.found.complete);
  EXPECT_TRUE(result.found.traces.empty());
  EXPECT_EQ(result.not_found.size(), limits::kSearchResults);
}

TEST_F(EngineTest, ADeadlineAlsoEndsLookups) {
  clock_.step = std::chrono::nanoseconds(limits::kQueryDeadline).count();
  EXPECT_EQ(engine_.trace(Tenant(), trace_id(1)).error().code, Code::kTimeout);
  auto result = engine_.traces_by_id(Tenant(), std::vector{trace_id(1), trace_id(9)});
  EXPECT_FALSE(result.found.complete);
  EXPECT_TRUE(result.not_found.empty());
  EXPECT_EQ(result.not_looked_at, (std::vector{trace_id(1), trace_id(9)}));
}

TEST_F(EngineTest, CancelEndsQueriesLikeADeadline) {
  engine_.cancel();
  EXPECT_FALSE(engine_.search(Tenant(), {}, 10)->complete);
  EXPECT_FALSE(engine_.search_traces(Tenant(), {}, 10)->complete);
  EXPECT_FALSE(engine_.dependencies(Tenant(), kNow + 1000, milliseconds(1)).complete);
  EXPECT_EQ(engine_.trace(Tenant(), trace_id(1)).error().code, Code::kTimeout);
  EXPECT_FALSE(engine_.traces_by_id(Tenant(), std::vector{trace_id(1)}).found.complete);
}

TEST_F(EngineTest, DependenciesOfAWindow) {
  auto all = engine_.dependencies(Tenant(), kNow + 1000, milliseconds(1));
  EXPECT_TRUE(all.complete);
  ASSERT_EQ(all.dependencies.size(), 1u);
  const Dependency& link = all.dependencies[0];
  EXPECT_EQ(std::tie(link.parent, link.child), std::tuple("edge", "shop"));
  EXPECT_EQ(link.call_count, 5u);
  EXPECT_EQ(link.error_count, 0u);
  EXPECT_LE(link.p50, link.p95);
  EXPECT_LE(link.p95, link.p99);
  auto some = engine_.dependencies(Tenant(), kNow + 250, milliseconds(1));
  ASSERT_EQ(some.dependencies.size(), 1u);
  EXPECT_EQ(some.dependencies[0].call_count, 2u);
  EXPECT_TRUE(engine_.dependencies(Tenant(), kNow - 1, milliseconds(1)).dependencies.empty());
}

TEST_F(EngineTest, ADeadlineCutsTheAnswerAndSaysSo) {
  clock_.step = std::chrono::nanoseconds(limits::kQueryDeadline).count() / 3;
  auto result = engine_.search(Tenant(), {}, 10).value();
  EXPECT_FALSE(result.complete);
  EXPECT_LT(result.traces.size(), 5u);
  EXPECT_FALSE(engine_.search_traces(Tenant(), {}, 10)->complete);
  clock_.step *= 4;  // over when it is first looked at
  EXPECT_FALSE(engine_.dependencies(Tenant(), kNow + 1000, milliseconds(1)).complete);
}

TEST_F(EngineTest, RefusesFiltersThatMakeNoSense) {
  store::Filter tags;
  tags.tags.resize(limits::kTagsPerQuery + 1);
  store::Filter backwards{.start_min = 2, .start_max = 1};
  store::Filter durations{.min_duration = 2, .max_duration = 1};
  store::Filter traces{.min_trace_duration = 2, .max_trace_duration = 1};
  store::Filter regex{.conditions = {{{}, "a", store::Comparison::kMatches, "("}}};
  for (const auto& filter : {tags, backwards, durations, traces, regex}) {
    EXPECT_EQ(engine_.search(Tenant(), filter, 1).error().code, Code::kInvalid);
    EXPECT_EQ(engine_.search_traces(Tenant(), filter, 1).error().code, Code::kInvalid);
  }
  tags.tags.pop_back();
  EXPECT_TRUE(engine_.search(Tenant(), tags, 1));
}

TEST_F(EngineTest, ReturnsNoMoreThanTheLimitOfResults) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 0; i <= limits::kSearchResults; ++i)
    spans.push_back({.trace = 100 + i, .span = 1, .start = kNow});
  Tenant tenant = Tenant::parse("many").value();
  append(spans, tenant);
  EXPECT_EQ(engine_.search(tenant, {}, limits::kSearchResults)->traces.size(),
            limits::kSearchResults);
  EXPECT_EQ(engine_.search(tenant, {}, 1'000'000)->traces.size(), limits::kSearchResults);
}

TEST_F(EngineTest, CountsHowLongQueriesTook) {
  (void)engine_.services(Tenant());
  EXPECT_NE(metrics::render().find("clew_query_duration_seconds_count{kind=\"services\"}"),
            std::string::npos);
}

}  // namespace
}  // namespace clew::query
