#include "query/population_trace.h"

#include <gtest/gtest.h>

#include "query/population_testing.h"

namespace clew::query {
namespace {

using namespace testing;

/// "number:self/critical" of each span in preorder, indented by its depth; the number is its
/// operation.
std::string drawn(std::span<const TimedSpan> spans) {
  std::string text;
  std::vector<size_t> depths;
  for (const TimedSpan& span : spans) {
    depths.push_back(span.parent == TimedSpan::kNoParent ? 0 : depths[span.parent] + 1);
    text += std::string(depths.back(), ' ') + fmt::format("{}:{}/{}{}\n", span.operation, span.self,
                                                          span.critical,
                                                          span.is_orphan ? " orphan" : "");
  }
  return text;
}

/// Each span's ID is its operation.
std::string timed(const TestTrace& trace) {
  TraceTimer timer;
  for (const store::SpanOutline& span : trace) EXPECT_TRUE(timer.add(span, span.id.bytes.back()));
  return drawn(timer.finish());
}

//   1  |--------------------------------------------------|  0–100
//   2      |----------|                                      10–30
//   3              |---------------------|                   20–60
//   4                                        |-----|         70–90
// From the end back: 90–100 is the root's, 70–90 that of 4, 60–70 the root's, 20–60 that of 3;
// 2 ended when 3 had begun, so 0–20 is the root's.
TEST(TraceTimer, WalksBackThroughTheChildrenThatEndedLast) {
  EXPECT_EQ(timed({span(1, 0, 0, 100, ""), span(2, 1, 10, 30, ""), span(3, 1, 20, 60, ""),
                   span(4, 1, 70, 90, "")}),
            "1:30/40\n 2:20/0\n 3:40/40\n 4:20/20\n");
}

TEST(TraceTimer, FollowsWhatEndsAsTheNextBegins) {
  EXPECT_EQ(timed({span(1, 0, 0, 100, ""), span(2, 1, 0, 50, ""), span(3, 1, 50, 100, "")}),
            "1:0/0\n 2:50/50\n 3:50/50\n");
}

TEST(TraceTimer, GoesDownFromChildToChild) {
  EXPECT_EQ(timed({span(1, 0, 0, 100, ""), span(2, 1, 10, 90, ""), span(3, 2, 20, 50, ""),
                   span(4, 3, 30, 40, "")}),
            "1:20/20\n 2:50/50\n  3:20/20\n   4:10/10\n");
}

TEST(TraceTimer, ClipsChildrenToTheirParents) {
  // 2 began before its parent and 3 ended after it; 4 ran when it was over.
  EXPECT_EQ(timed({span(1, 0, 100, 200, ""), span(2, 1, 50, 120, ""), span(3, 1, 180, 900, ""),
                   span(4, 1, 300, 400, "")}),
            "1:60/60\n 2:70/20\n 3:720/20\n 4:100/0\n");
}

TEST(TraceTimer, ClipsWhatIsBelowAClippedChildAsMuch) {
  // 3 lies within 2 but, as far as 1 is concerned, only its part until 100 counts.
  EXPECT_EQ(timed({span(1, 0, 0, 100, ""), span(2, 1, 50, 200, ""), span(3, 2, 80, 150, "")}),
            "1:50/50\n 2:80/30\n  3:70/20\n");
}

TEST(TraceTimer, TakesSeveralRootsAsCalledByOne) {
  EXPECT_EQ(timed({span(1, 0, 0, 40, ""), span(2, 9, 60, 100, ""), span(3, 9, 30, 70, "")}),
            "1:40/40\n3:40/0 orphan\n2:40/40 orphan\n");
}

TEST(TraceTimer, CountsASpanThatWasSentTwiceOnce) {
  auto twice = span(2, 1, 10, 20, "");
  EXPECT_EQ(timed({span(1, 0, 0, 30, ""), twice, twice}), "1:20/20\n 2:10/10\n");
}

TEST(TraceTimer, PutsTheServersHalfOfASharedSpanBelowTheClients) {
  auto client = span(2, 1, 10, 50, ""), server = span(2, 1, 20, 40, "");
  client.kind = otlp::SpanKind::kClient;
  server.kind = otlp::SpanKind::kServer;
  TraceTimer timer;
  timer.add(server, 12);
  timer.add(client, 11);
  timer.add(span(3, 2, 25, 35, ""), 13);
  timer.add(span(1, 0, 0, 60, ""), 10);
  EXPECT_EQ(drawn(timer.finish()), "10:20/20\n 11:20/20\n  12:10/10\n   13:10/10\n");
}

TEST(TraceTimer, BeginsCirclesSomewhereAndLosesNothing) {
  EXPECT_EQ(timed({span(1, 2, 0, 10, ""), span(2, 1, 2, 6, ""), span(3, 3, 20, 21, "")}),
            "3:1/1\n1:6/6\n 2:4/4\n");
}

TEST(TraceTimer, GivesSpansWithoutAStartThatOfTheTrace) {
  auto unknown = span(2, 1, 0, 0, "");
  unknown.start = 0;
  unknown.duration = UINT64_MAX;
  EXPECT_EQ(timed({span(1, 0, 5, 30, ""), unknown}), "1:25/25\n 2:0/0\n");
}

TEST(TraceTimer, StandsLongChainsAndStartsOverForTheNextTrace) {
  constexpr uint32_t kLength = 100'000;
  TraceTimer timer;
  for (uint32_t i = 1; i <= kLength; ++i) timer.add(span(i, i - 1, 0, 2 * kLength - i, ""), i);
  auto spans = timer.finish();
  ASSERT_EQ(spans.size(), kLength);
  EXPECT_EQ(spans.back().operation, kLength);
  EXPECT_EQ(spans.back().critical, kLength);
  timer.add(span(1, 0, 0, 3, ""), 7);
  EXPECT_EQ(drawn(timer.finish()), "7:3/3\n");
}

}  // namespace
}  // namespace clew::query
