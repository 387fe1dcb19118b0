#include "api/tempo_filter.h"

#include <gtest/gtest.h>

namespace clew::api {
namespace {

using namespace query::traceql;

/// The expression of a filter that is one `{ … }`.
std::optional<Expression> filter_of(std::string_view query) {
  auto pipeline = tempo_filter(query);
  if (!pipeline || pipeline->size() != 1) return std::nullopt;
  return std::get<Spanset>(pipeline->front().what).filter;
}

TEST(TempoFilter, ReadsWhatIsWhole) {
  EXPECT_EQ(filter_of("{ span.a = 1 }")->op, Op::kEqual);
  EXPECT_EQ(filter_of("{ span.a = 1 || span.b = 2 }")->op, Op::kOr);
  EXPECT_EQ(tempo_filter("{ span.a = 1 } | count() > 2")->size(), 2u);
}

TEST(TempoFilter, KeepsWhatCanBeReadOfTheUnfinished) {
  auto kept = filter_of("{ span.a = 1 && span.b = }");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->op, Op::kEqual);
  EXPECT_EQ(kept->args[0].field.key, "a");
  EXPECT_EQ(filter_of("{ span.a = && .b = \"x && y }\" && name = `||` }")->op, Op::kAnd);
  EXPECT_EQ(filter_of("{ span.a = 1 && (span.b = 1 && )")->op, Op::kEqual);
  EXPECT_EQ(filter_of("{ span.a = 1 && (span.b = 1 || span.c = 2) && ")->op, Op::kAnd);
}

TEST(TempoFilter, AsksForAllWhereNothingIsLeft) {
  for (const char* nothing :
       {"", "{}", "{ }", "{ true }", "{ span.a = }", "{ span.a = 1 || span.b = }", "span.a = 1",
        "{ span.a = 1 } | rate()", "}{", "{ \"", "{ && }"})
    EXPECT_FALSE(tempo_filter(nothing)) << nothing;
}

}  // namespace
}  // namespace clew::api
