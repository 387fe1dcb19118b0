// TraceQL through the store: what indexes let through must be what reading every trace finds.
#include <gtest/gtest.h>

#include "query/engine.h"
#include "query/traceql/golden.h"
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

INSTANTIATE_TEST_SUITE_P(HeadAndBlocks, EngineTraceqlTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Blocks" : "Head"; });

}  // namespace
}  // namespace clew::query
