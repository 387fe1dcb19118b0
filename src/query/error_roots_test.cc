#include "query/error_roots.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"
#include "query/parents.h"

namespace clew::query {
namespace {

using otlp::SpanKind;
using otlp::StatusCode;
using otlp::testing::SpanSpec;

constexpr StatusCode kFailed = StatusCode::kError;

std::vector<ErrorRoots> count(const std::vector<std::vector<SpanSpec>>& traces) {
  ErrorRootCounter counter;
  for (const auto& trace : traces) counter.add(otlp::testing::batch_of(trace));
  return counter.result();
}

/// "service operation" of the only root of one trace.
std::string root_of(const std::vector<SpanSpec>& trace) {
  auto roots = count({trace});
  return roots.size() == 1 ? roots[0].service + " " + roots[0].operation : "";
}

TEST(ErrorRoots, TheDeepestFailureIsTheRoot) {
  EXPECT_EQ(
      root_of({{.span = 1, .service = "edge", .name = "ingress", .status = kFailed},
               {.span = 2, .parent = 1, .service = "shop", .name = "cart"},  // hides it
               {.span = 3, .parent = 2, .service = "pay", .name = "charge", .status = kFailed},
               {.span = 4, .parent = 3, .service = "db", .name = "select"}}),
      "pay charge");
}

TEST(ErrorRoots, OfSeveralTheFirstThatEnded) {
  EXPECT_EQ(
      root_of(
          {{.span = 1, .service = "edge", .name = "ingress", .duration = 900, .status = kFailed},
           {.span = 2, .parent = 1, .name = "second", .duration = 800, .status = kFailed},
           {.span = 3, .parent = 1, .name = "first", .duration = 700, .status = kFailed}}),
      "shop first");
}

TEST(ErrorRoots, ACircleOfFailuresHasARootToo) {
  EXPECT_EQ(root_of({{.span = 1, .parent = 2, .name = "a", .duration = 5, .status = kFailed},
                     {.span = 2, .parent = 1, .name = "b", .duration = 6, .status = kFailed}}),
            "shop a");
}

TEST(ErrorRoots, CountsEqualRootsAndGivesExamples) {
  std::vector<std::vector<SpanSpec>> traces;
  for (uint64_t i = 1; i <= 5; ++i)
    traces.push_back({{.trace = i,
                       .service = "pay",
                       .name = "charge",
                       .status = kFailed,
                       .attributes = {{"http.status_code", i < 5 ? "503" : "500"}}}});
  traces.push_back({{.trace = 9, .service = "pay", .name = "charge"}});  // all is well
  auto roots = count(traces);
  ASSERT_EQ(roots.size(), 2u);
  EXPECT_EQ(roots[0].outcome, "503");
  EXPECT_EQ(roots[0].traces, 4u);
  EXPECT_EQ(roots[0].example_ids,
            (std::vector<TraceId>{otlp::testing::trace_id(1), otlp::testing::trace_id(2),
                                  otlp::testing::trace_id(3)}));
  EXPECT_EQ(roots[1].outcome, "500");
  EXPECT_EQ(roots[1].traces, 1u);
}

TEST(ErrorRoots, OutcomeIsTheStatusOfTheCall) {
  auto outcome = [](SpanSpec spec) {
    otlp::Batch batch = otlp::testing::batch_of({std::move(spec)});
    return outcome_of(batch.decode(batch.spans()[0]));
  };
  EXPECT_EQ(outcome({}), "");
  EXPECT_EQ(outcome({.status = kFailed}), "error");
  EXPECT_EQ(outcome({.attributes = {{"grpc.status_code", "14"}, {"http.status_code", "200"}}}),
            "200");
  EXPECT_EQ(outcome({.status = kFailed, .attributes = {{"http.status_code", "0"}}}), "error");
}

TEST(Parents, FollowIdsAlsoWhereTwoShareOne) {
  auto parents = [](const std::vector<SpanSpec>& trace) {
    otlp::Batch batch = otlp::testing::batch_of(trace);
    std::vector<otlp::Span> spans;
    for (const otlp::SpanRef& ref : batch.spans()) spans.push_back(batch.decode(ref));
    return parents_of(spans);
  };
  EXPECT_EQ(parents({{.span = 1}, {.span = 2, .parent = 1}, {.span = 3, .parent = 77}}),
            (std::vector<size_t>{kNoParent, 0, kNoParent}));
  EXPECT_EQ(parents({{.span = 1, .kind = SpanKind::kClient},
                     {.span = 1, .kind = SpanKind::kServer},
                     {.span = 2, .parent = 1}}),
            (std::vector<size_t>{kNoParent, 0, 1}));
}

}  // namespace
}  // namespace clew::query
