#include "query/dependencies.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::query {
namespace {

using otlp::SpanKind;
using otlp::StatusCode;
using otlp::testing::batch_of;

using Dependencies = std::vector<Dependency>;

Dependencies count(const std::vector<std::vector<otlp::testing::SpanSpec>>& traces) {
  DependencyCounter counter;
  for (const auto& trace : traces) counter.add(batch_of(trace));
  return counter.result();
}

TEST(Dependencies, CountsCallsBetweenServicesOnly) {
  std::vector<otlp::testing::SpanSpec> trace = {
      {.span = 1, .service = "edge"},
      {.span = 2, .parent = 1, .service = "edge", .kind = SpanKind::kClient},
      {.span = 3, .parent = 2, .service = "shop"},
      {.span = 4, .parent = 3, .service = "pay", .status = StatusCode::kError},
      {.span = 5, .parent = 3, .service = "pay"},
      {.span = 6, .parent = 77, .service = "orphan"},
  };
  EXPECT_EQ(count({trace}), (Dependencies{{"edge", "shop", 1, 0}, {"shop", "pay", 2, 1}}));
  EXPECT_EQ(count({trace, trace}), (Dependencies{{"edge", "shop", 2, 0}, {"shop", "pay", 4, 2}}));
}

TEST(Dependencies, AClientAndAServerMayShareASpanId) {
  EXPECT_EQ(count({{{.span = 1, .service = "edge"},
                    {.span = 2, .parent = 1, .service = "edge", .kind = SpanKind::kClient},
                    {.span = 2, .parent = 1, .service = "shop", .kind = SpanKind::kServer},
                    {.span = 3, .parent = 2, .service = "pay"}}}),
            (Dependencies{{"edge", "shop", 1, 0}, {"shop", "pay", 1, 0}}));
}

TEST(Dependencies, NothingFromNothing) {
  EXPECT_EQ(count({}), Dependencies{});
  EXPECT_EQ(count({{{.span = 1, .parent = 1, .service = "self"}}}), Dependencies{});
}

}  // namespace
}  // namespace clew::query
