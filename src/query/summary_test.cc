#include "query/summary.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::query {
namespace {

using otlp::StatusCode;
using otlp::testing::batch_of;

TEST(Summary, CountsSpansErrorsAndServices) {
  auto summary = summarize(batch_of({
      {.trace = 7,
       .span = 2,
       .parent = 1,
       .service = "b",
       .start = 150,
       .duration = 10,
       .status = StatusCode::kError},
      {.trace = 7, .span = 1, .service = "a", .name = "GET /", .start = 100, .duration = 40},
      {.trace = 7, .span = 3, .parent = 1, .service = "b", .start = 110, .duration = 100},
      {.trace = 7,
       .span = 4,
       .parent = 3,
       .service = "b",
       .start = 111,
       .duration = 1,
       .attributes = {{"error", "true"}}},
  }));
  EXPECT_EQ(summary.id, otlp::testing::trace_id(7));
  EXPECT_EQ(summary.root_service, "a");
  EXPECT_EQ(summary.root_operation, "GET /");
  EXPECT_FALSE(summary.root_missing);
  EXPECT_EQ(summary.start, 100u);
  EXPECT_EQ(summary.duration, 110u);
  EXPECT_EQ(summary.span_count, 4u);
  EXPECT_EQ(summary.error_count, 2u);
  EXPECT_EQ(summary.services, (std::vector<ServiceSummary>{{"a", 1, 0}, {"b", 3, 2}}));
}

TEST(Summary, SpansWithoutAStartDoNotStretchTheTrace) {
  auto summary = summarize(batch_of({{.span = 1, .name = "unknown", .start = 0, .duration = 7},
                                     {.span = 2, .name = "known", .start = 1000, .duration = 5}}));
  EXPECT_EQ(summary.start, 1000u);
  EXPECT_EQ(summary.duration, 5u);
  EXPECT_EQ(summary.span_count, 2u);
  EXPECT_EQ(summary.root_operation, "known");
  auto unknown = summarize(batch_of({{.span = 1, .start = 0, .duration = 7}}));
  EXPECT_EQ(unknown.start, 0u);
  EXPECT_EQ(unknown.duration, 7u);
}

TEST(Summary, AnEndBeforeTheStartDoesNotStretchTheTrace) {
  std::string span = otlp::testing::span_bytes({.span = 2, .start = 1000});
  protozero::pbf_writer(span).add_fixed64(otlp::fields::span::kEnd, 10);  // the last one counts
  std::string scope_spans, resource_spans, request;
  protozero::pbf_writer(scope_spans).add_message(otlp::fields::scope_spans::kSpans, span);
  protozero::pbf_writer(resource_spans)
      .add_message(otlp::fields::resource_spans::kScopeSpans, scope_spans);
  protozero::pbf_writer(request).add_message(otlp::fields::request::kResourceSpans, resource_spans);
  auto batch = otlp::Batch::index(SharedBytes::take(std::move(request)));
  ASSERT_TRUE(batch);
  auto summary = summarize(*batch);
  EXPECT_EQ(summary.start, 1000u);
  EXPECT_EQ(summary.duration, 0u);
}

TEST(Summary, WithoutARootItIsCalledAfterTheEarliestOrphan) {
  auto summary = summarize(batch_of({{.span = 3, .parent = 2, .name = "child", .start = 1},
                                     {.span = 2, .parent = 99, .name = "orphan", .start = 5},
                                     {.span = 4, .parent = 98, .name = "later", .start = 6}}));
  EXPECT_TRUE(summary.root_missing);
  EXPECT_EQ(summary.root_operation, "orphan");
}

TEST(Summary, ParentsInACircleStillGetAName) {
  auto summary = summarize(batch_of({{.span = 1, .parent = 2, .name = "b", .start = 2},
                                     {.span = 2, .parent = 1, .name = "a", .start = 1}}));
  EXPECT_TRUE(summary.root_missing);
  EXPECT_EQ(summary.root_operation, "a");
}

TEST(Summary, OfSeveralRootsTheEarliestNamesTheTrace) {
  auto summary = summarize(batch_of(
      {{.span = 1, .name = "second", .start = 20}, {.span = 2, .name = "first", .start = 10}}));
  EXPECT_EQ(summary.root_operation, "first");
  EXPECT_FALSE(summary.root_missing);
}

TEST(Summary, IsNamedAfterTheLongFormOfItsId) {
  auto trace = otlp::testing::batch_of({{.trace = 1}, {.trace = 1, .span = 2, .trace_high = 9}});
  EXPECT_EQ(summarize(trace).id, otlp::testing::trace_id(1, 9));
}

}  // namespace
}  // namespace clew::query
