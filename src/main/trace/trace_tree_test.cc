#include "main/trace/trace_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "main/trace/waterfall.h"

namespace clew {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ShownSpan span(std::string id, std::string parent, int64_t start = 0, std::string name = "work") {
  return {.id = std::move(id),
          .parent = std::move(parent),
          .service = "shop",
          .name = std::move(name),
          .kind = "internal",
          .start = start,
          .duration = 1000};
}

ShownTrace trace_of(std::vector<ShownSpan> spans) {
  return {.id = "1", .start = 1, .duration = 10'000, .complete = true, .spans = std::move(spans)};
}

/// "depth:id" of each row, with how many it stands for and how it is marked.
std::vector<std::string> shape(const ShownTrace& trace, bool fold = false) {
  std::vector<std::string> rows;
  for (const TreeRow& row : tree_rows(trace, fold)) {
    std::string text = std::to_string(row.depth) + ":" + row.span->id;
    if (row.count > 1) text += "x" + std::to_string(row.count);
    if (row.place == Place::kOrphan) text += "?";
    if (row.place == Place::kCircle) text += "o";
    rows.push_back(text);
  }
  return rows;
}

TEST(TraceTree, ParentsComeBeforeChildrenInOrderOfTime) {
  EXPECT_THAT(shape(trace_of({span("a", ""), span("b", "a"), span("c", "b"), span("d", "a")})),
              ElementsAre("0:a", "1:b", "2:c", "1:d"));
}

TEST(TraceTree, OrphansStandAtTheTopAndAreMarked) {
  EXPECT_THAT(shape(trace_of({span("a", ""), span("b", "gone"), span("c", "b")})),
              ElementsAre("0:a", "0:b?", "1:c"));
}

TEST(TraceTree, EverySpanOfACircleIsShownOnce) {
  EXPECT_THAT(shape(trace_of({span("x", "b"), span("a", "b"), span("b", "a"), span("s", "s")})),
              ElementsAre("0:ao", "1:b", "2:x", "0:so"));
}

TEST(TraceTree, AClientAndAServerMayShareASpanId) {
  ShownTrace trace = trace_of({span("a", ""), span("b", "a"), span("b", "a"), span("c", "b")});
  trace.spans[1].kind = "client";
  trace.spans[2].kind = "server";
  EXPECT_THAT(shape(trace), ElementsAre("0:a", "1:b", "2:b", "3:c"));
}

TEST(TraceTree, FoldsEqualSiblingsAndTheirChildren) {
  std::vector<ShownSpan> spans = {span("root", "")};
  for (int i = 0; i < 4; ++i) spans.push_back(span("q" + std::to_string(i), "root", i, "query"));
  for (int i = 0; i < 4; ++i)
    spans.push_back(span("s" + std::to_string(i), "q" + std::to_string(i), 10 + i, "socket"));
  spans.push_back(span("other", "root", 20));
  ShownTrace trace = trace_of(spans);
  EXPECT_THAT(shape(trace, true), ElementsAre("0:root", "1:q0x4", "2:s0x4", "1:other"));
  TreeRow folded = tree_rows(trace, true)[1];
  EXPECT_EQ(folded.start, 0);
  EXPECT_EQ(folded.end, 1003);
  EXPECT_EQ(folded.longest, 1000u);
  // A failed one, and fewer than kLeastFolded, stand alone.
  trace.spans[2].is_error = true;
  EXPECT_THAT(shape(trace, true), ElementsAre("0:root", "1:q0", "2:s0", "1:q1", "2:s1", "1:q2",
                                              "2:s2", "1:q3", "2:s3", "1:other"));
}

TEST(TraceTree, AsDeepAsItHasSpans) {
  std::vector<ShownSpan> spans = {span("0", "")};
  for (int i = 1; i < 100'000; ++i) spans.push_back(span(std::to_string(i), std::to_string(i - 1)));
  ShownTrace trace = trace_of(std::move(spans));
  EXPECT_EQ(tree_rows(trace, true).back().depth, 99'999u);
  EXPECT_THAT(waterfall(trace, {}), HasSubstr("⋯99999 "));
}

}  // namespace
}  // namespace clew
