// Populations through the store: who belongs to them, and what is said of what was left out.
#include "query/population.h"

#include <gtest/gtest.h>

#include <map>

#include "query/population_testing.h"
#include "query/traceql/golden.h"
#include "query/traceql/parse.h"
#include "query/traceql/pipeline.h"
#include "store/testing.h"

namespace clew::query {
namespace {

using namespace traceql::testing;

struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

traceql::Pipeline pipeline(std::string_view text) {
  auto query = traceql::parse(text);
  CLEW_CHECK(query.has_value());
  return std::get<traceql::Pipeline>(query->what);
}

class PopulationTest : public ::testing::TestWithParam<bool> {
 protected:
  PopulationTest() {
    for (const otlp::Batch& trace : traces_) CLEW_CHECK(sim_.append(trace).has_value());
    if (GetParam()) CLEW_CHECK(sim_.store->flush().has_value());
  }

  std::vector<otlp::Batch> traces_ = golden_traces();
  OpenStore sim_;
  Populations populations_{*sim_.store};
};

TEST_P(PopulationTest, IsOfTheTracesThatASearchFinds) {
  size_t exact = 0, asked = 0;
  for (const GoldenCase& golden : golden_cases("cases.txt")) {
    auto query = traceql::parse(golden.query);
    if (!query) continue;
    PopulationQuestion question{.pipeline = std::get<traceql::Pipeline>(query->what)};
    CallTree expected;
    for (const otlp::Batch& batch : traces_) {
      traceql::TraceView trace(batch);
      if (find_spans(question.pipeline, trace).empty()) continue;
      for (const otlp::SpanRef& ref : batch.spans()) expected.add(store::outline_of(batch, ref));
      expected.end_trace(trace.span(0).trace_id);
    }
    auto answer = populations_.merge(Tenant(), question);
    ASSERT_TRUE(answer) << golden.query << ": " << answer.error().message;
    EXPECT_TRUE(answer->complete);
    EXPECT_FALSE(answer->more);
    auto lines = [](const Population& population) {
      std::multimap<std::string, int> sorted;
      std::string text = testing::drawn(population), line;
      for (char c : text) {
        line += c;
        if (c == '\n') sorted.emplace(std::exchange(line, {}), 0);
      }
      std::string joined;
      for (const auto& [each, unused] : sorted) joined += each;
      return joined;
    };
    EXPECT_EQ(lines(answer->population), lines(expected.finish())) << golden.query;
    exact += exact_filter(question.pipeline) ? 1 : 0;
    ++asked;
  }
  EXPECT_GE(asked, 800U);
  EXPECT_GE(exact, 20U);
}

TEST_P(PopulationTest, IsOfTheNewestTracesIfThereAreMore) {
  auto all = populations_.merge(Tenant(), {.pipeline = pipeline("{ }")});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->population.traces, traces_.size());
  for (std::string_view text : {"{ }", "{ true } | count() > 0"}) {
    auto some =
        populations_.merge(Tenant(), {.pipeline = pipeline(text), .limit = traces_.size() - 1});
    ASSERT_TRUE(some);
    EXPECT_EQ(some->population.traces, traces_.size() - 1);
    EXPECT_TRUE(some->more);
    EXPECT_TRUE(some->complete);
  }
}

TEST_P(PopulationTest, IsOfTracesByTheirIds) {
  TraceId known = traces_[0].spans()[0].trace_id, unknown = testing::trace_id(77);
  auto one = populations_.merge(Tenant(), {.ids = {known}});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->population.traces, 1u);
  EXPECT_EQ(one->population.spans, traces_[0].spans().size());
  auto both = populations_.merge(Tenant(), {.ids = {unknown, known}});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->population.traces, 1u);
  EXPECT_EQ(both->not_found, std::vector<TraceId>{unknown});
  auto none = populations_.merge(Tenant(), {.ids = {unknown}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kNotFound);
}

TEST_P(PopulationTest, SaysThatItWasCutShort) {
  populations_.cancel();
  auto answer = populations_.merge(Tenant(), {.pipeline = pipeline("{ }")});
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->complete);
  EXPECT_EQ(answer->population.traces, 0u);
}

INSTANTIATE_TEST_SUITE_P(HeadAndBlocks, PopulationTest, ::testing::Bool());

std::string exactly(std::string_view text) {
  auto filter = exact_filter(pipeline(text));
  if (!filter) return "no";
  auto number = [](const std::optional<uint64_t>& value) {
    return value ? std::to_string(*value) : "-";
  };
  return fmt::format("{} {} {} {} {}-{} {}-{}", filter->service, filter->operation,
                     filter->kind ? otlp::name_of(*filter->kind) : "-",
                     filter->status ? otlp::name_of(*filter->status) : "-",
                     number(filter->min_duration), number(filter->max_duration),
                     number(filter->min_trace_duration), number(filter->max_trace_duration));
}

TEST(ExactFilter, SaysAllThatAQueryAsks) {
  EXPECT_EQ(exactly("{ }"), "  - - --- ---");
  EXPECT_EQ(exactly(R"({ resource.service.name = "shop" && name = "get" && kind = server })"),
            "shop get server - --- ---");
  EXPECT_EQ(exactly("{ duration > 5ns && duration <= 9ns && trace:duration < 20ns }"),
            "  - - 6-9 --19");
}

TEST(ExactFilter, IsNoneWhereMoreIsAsked) {
  for (std::string_view text :
       {R"({ span.app = "a" })", R"({ name =~ "a.*" })", R"({ name = "a" || kind = client })",
        R"({ name = "a" } >> { name = "b" })", "{ } | count() > 2", R"({ name != "a" })",
        R"({ name = "a" && name = "b" })", "{ false }", R"({ rootName = "a" })"})
    EXPECT_EQ(exactly(text), "no") << text;
}

}  // namespace
}  // namespace clew::query
