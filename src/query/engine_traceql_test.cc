// TraceQL through the store: what indexes let through must be what reading every trace finds.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>

#include "query/engine.h"
#include "query/traceql/golden.h"
#include "query/traceql/leaf_scan.h"
#include "query/traceql/literal_text.h"
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

  static std::string describe(const traceql::FoundTrace& trace) {
    const TraceSummary& of = trace.summary;
    std::string text = fmt::format("{} {} {} {} errors", of.id.hex(), of.root_service, of.duration,
                                   of.error_count);
    for (const traceql::FoundSpanset& spanset : trace.spansets) {
      text += fmt::format(" [{}", spanset.matched);
      for (const traceql::FoundSpan& span : spanset.spans) {
        text += fmt::format(" {} {}", span.id.hex(), span.name);
        for (const auto& [key, value] : span.attributes)
          text += fmt::format(" {}={}", key, traceql::text_of(value));
      }
      text += "]";
    }
    return text;
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
    traceql::Search search{.pipeline = pipeline, .limit = 100, .spans_per_spanset = 0};
    std::vector<std::string> expected, found;
    for (const otlp::Batch& trace : traces_)
      if (auto match = traceql::search_trace(search, trace)) expected.push_back(describe(*match));
    auto end = engine_.search_traceql(Tenant(), search, [&](const traceql::FoundTrace& trace) {
      found.push_back(describe(trace));
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

TEST_P(EngineTraceqlTest, SeesWhatTellsErrorsAndSharedSpansThoughTheQueryDoesNotNameIt) {
  constexpr uint64_t kTrace = 7'777'777;
  std::string shared = otlp::testing::key_value("zipkin.shared", otlp::testing::any_bool(true));
  ASSERT_TRUE(sim_.append(otlp::testing::batch_of(
      {{.trace = kTrace, .span = 1, .service = "edge", .kind = otlp::SpanKind::kClient},
       {.trace = kTrace,
        .span = 1,
        .service = "shop",
        .attributes = {{"error", "true"}, {"who", "me"}},
        .extra_key_values = {shared}}})));
  if (GetParam()) {
    ASSERT_TRUE(sim_.store->flush());
  }
  Engine engine(*sim_.store, Clock::system(), Engine::SharedSpans::kSeparate);
  auto query = *traceql::parse(R"({ .who = "me" })");
  const auto& pipeline = std::get<traceql::Pipeline>(query.what);
  size_t found = 0;
  auto end = engine.search_traceql(
      Tenant(), {.pipeline = pipeline}, [&](const traceql::FoundTrace& trace) {
        ++found;
        EXPECT_EQ(trace.summary.error_count, 1u);
        EXPECT_NE(trace.spansets[0].spans[0].id, otlp::testing::id_of<8>(1));
      });
  ASSERT_TRUE(end);
  EXPECT_EQ(found, 1u);
}

INSTANTIATE_TEST_SUITE_P(HeadAndBlocks, EngineTraceqlTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Blocks" : "Head"; });

}  // namespace
}  // namespace clew::query
