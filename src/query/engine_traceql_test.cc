// TraceQL through the store: what indexes let through must be what reading every trace finds.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>

#include "query/engine.h"
#include "query/traceql/golden.h"
#include "query/traceql/leaf_scan.h"
#include "query/traceql/parse.h"
#include "query/traceql/pipeline.h"
#include "store/testing.h"

namespace clew::query {
namespace {

using namespace traceql::testing;

/// Open from the start, since the engine takes a reference.
struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

class EngineTraceqlTest : public ::testing::TestWithParam<bool> {
 protected:
  EngineTraceqlTest() {
    for (const otlp::Batch& trace : traces_) CLEW_CHECK(sim_.append(trace).has_value());
    if (GetParam()) CLEW_CHECK(sim_.store->flush().has_value());
  }

  /// Of each trace its ID and the numbers of spans matched.
  static std::string describe(const TraceId& id, const std::vector<uint64_t>& matched) {
    return fmt::format("{} {}", id.hex(), fmt::join(matched, ","));
  }

  std::vector<otlp::Batch> traces_ = golden_traces();
  OpenStore sim_;
  Engine engine_{*sim_.store};
};

TEST_P(EngineTraceqlTest, FindsWhatReadingEveryTraceFinds) {
  size_t searches = 0;
  for (const GoldenCase& golden : golden_cases("cases.txt")) {
    auto query = traceql::parse(golden.query);
    if (!query) continue;
    const auto& pipeline = std::get<traceql::Pipeline>(query->what);
    std::vector<std::string> expected, found;
    for (const otlp::Batch& batch : traces_) {
      traceql::TraceView trace(batch);
      std::vector<uint64_t> matched;
      for (const auto& spanset : find_spans(pipeline, trace))
        matched.push_back(spanset.spans.size());
      if (!matched.empty()) expected.push_back(describe(trace.span(0).trace_id, matched));
    }
    auto end = engine_.search_traceql(Tenant(), {.pipeline = pipeline, .limit = 100},
                                      [&](const traceql::FoundTrace& trace) {
                                        std::vector<uint64_t> matched;
                                        for (const auto& spanset : trace.spansets)
                                          matched.push_back(spanset.matched);
                                        found.push_back(describe(trace.summary.id, matched));
                                      });
    ASSERT_TRUE(end) << golden.query << ": " << end.error().message;
    EXPECT_TRUE(end->complete);
    std::ranges::sort(expected);
    std::ranges::sort(found);
    EXPECT_EQ(found, expected) << golden.query;
    ++searches;
  }
  EXPECT_GE(searches, 800U);
}

TEST_P(EngineTraceqlTest, MeasuresWhatReadingEveryTraceMeasures) {
  constexpr UnixNanos kStart = 1'700'000'000ull * 1'000'000'000;
  constexpr uint64_t kStep = 10'000'000'000;
  auto timeline = *traceql::Timeline::of_range(kStart, kStart + 4 * kStep, kStep);
  size_t questions = 0, from_columns = 0;
  for (const GoldenCase& golden : golden_cases("metrics.txt")) {
    auto query = traceql::parse(golden.query);
    if (!query) continue;
    const auto& metrics = std::get<traceql::Metrics>(query->what);
    traceql::MetricsRun run(metrics, timeline, 0);
    for (const auto& leaf : run.leaves()) {
      from_columns += make_leaf_scan(leaf, timeline) ? 1 : 0;
      for (const otlp::Batch& trace : traces_) leaf.add(trace);
    }
    auto expected = run.finish();
    auto answer = engine_.metrics_traceql(Tenant(), {.metrics = metrics, .timeline = timeline});
    ASSERT_TRUE(answer) << golden.query << ": " << answer.error().message;
    EXPECT_TRUE(answer->complete);
    ASSERT_EQ(answer->series.size(), expected.size()) << golden.query;
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(answer->series[i].labels, expected[i].labels) << golden.query;
      for (size_t at = 0; at < expected[i].points.size(); ++at) {
        double point = answer->series[i].points[at];
        bool same = std::isnan(point) ? std::isnan(expected[i].points[at])
                                      : std::abs(point - expected[i].points[at]) < 1e-9;
        EXPECT_TRUE(same) << golden.query << " at " << at << ": " << point;
      }
    }
    ++questions;
  }
  EXPECT_GE(questions, 160U);
  EXPECT_GE(from_columns, 60U);
}

INSTANTIATE_TEST_SUITE_P(HeadAndBlocks, EngineTraceqlTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Blocks" : "Head"; });

}  // namespace
}  // namespace clew::query
