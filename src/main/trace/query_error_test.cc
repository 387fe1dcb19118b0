#include "main/trace/query_error.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

TEST(QueryError, PointsAtTheColumn) {
  EXPECT_EQ(with_column_marked("q: column 3: what is this?", "{ & }"),
            "q: column 3: what is this?\n{ & }\n  ^");
  EXPECT_EQ(with_column_marked("column 6: wants }", "{ a b"), "column 6: wants }\n{ a b\n     ^");
}

TEST(QueryError, CountsCharactersAsTheServerDoes) {
  EXPECT_EQ(with_column_marked("column 5: x", "{\n東 &"), "column 5: x\n{ 東 &\n     ^");
}

TEST(QueryError, AddsNothingWhereNoColumnIsSaid) {
  EXPECT_EQ(with_column_marked("TraceQL is not there yet", "{ }"), "TraceQL is not there yet");
  EXPECT_EQ(with_column_marked("column 99: x", "{ }"), "column 99: x");
}

}  // namespace
}  // namespace clew
