#include "query/trace_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otlp/testing.h"
#include "query/trace_diff_summary.h"

namespace clew::query {
namespace {

using namespace otlp::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr UnixNanos kMilli = 1'000'000;

TraceDiff diff_of(const std::vector<SpanSpec>& base, const std::vector<SpanSpec>& compare) {
  return diff_traces(batch_of(base), batch_of(compare));
}

/// A root, and `children` with the attribute n = their number.
std::vector<SpanSpec> fan(uint64_t trace, uint64_t children) {
  std::vector<SpanSpec> spans = {{.trace = trace, .span = 1, .duration = 100 * kMilli}};
  for (uint64_t i = 2; i < children + 2; ++i)
    spans.push_back({.trace = trace,
                     .span = i,
                     .parent = 1,
                     .name = "query",
                     .start = 1'000'000'000 + i,
                     .attributes = {{"n", std::to_string(i)}}});
  return spans;
}

TEST(TraceDiff, SameTracesDifferInNothing) {
  TraceDiff diff = diff_of(fan(1, 20), fan(2, 20));
  EXPECT_EQ(diff.matched, 21u);
  EXPECT_THAT(diff.modified, IsEmpty());
  EXPECT_THAT(diff.added, IsEmpty());
  EXPECT_THAT(diff.removed, IsEmpty());
  EXPECT_EQ(diff.ambiguous, 1u);  // twenty of one operation below one parent
}

TEST(TraceDiff, AlikeSpansFindEachOtherWhateverTheirOrder) {
  auto other = fan(2, 20);
  for (size_t i = 1; i < other.size(); ++i) other[i].start = 2'000'000'000 - other[i].start;
  EXPECT_THAT(diff_of(fan(1, 20), other).modified, IsEmpty());
}

TEST(TraceDiff, TellsWhatChangedInASpan) {
  std::vector<SpanSpec> base = {
      {.duration = 10 * kMilli, .attributes = {{"gone", "x"}, {"kept", "1"}, {"other", "a"}}}};
  std::vector<SpanSpec> compare = {{.duration = 20 * kMilli,
                                    .status = otlp::StatusCode::kError,
                                    .attributes = {{"came", "y"}, {"kept", "1"}, {"other", "b"}}}};
  TraceDiff diff = diff_of(base, compare);
  ASSERT_THAT(diff.modified, SizeIs(1));
  EXPECT_TRUE(diff.modified[0].duration_changed);
  EXPECT_TRUE(diff.modified[0].status_changed);
  const auto& attributes = diff.modified[0].attributes;
  ASSERT_THAT(attributes, SizeIs(3));
  EXPECT_EQ(attributes[0].key, "came");
  EXPECT_FALSE(attributes[0].before.has_value());
  EXPECT_EQ(attributes[1].key, "gone");
  EXPECT_FALSE(attributes[1].after.has_value());
  EXPECT_EQ(attributes[2].before->text(), "a");
  EXPECT_EQ(attributes[2].after->text(), "b");
}

TEST(TraceDiff, DurationsDifferPastAQuarterAndAMillisecond) {
  auto changed = [](UnixNanos before, UnixNanos after) {
    return !diff_of({{.duration = before}}, {{.duration = after}}).modified.empty();
  };
  EXPECT_FALSE(changed(0, kMilli));
  EXPECT_FALSE(changed(100 * kMilli, 134 * kMilli));
  EXPECT_TRUE(changed(100 * kMilli, 135 * kMilli));
  EXPECT_TRUE(changed(135 * kMilli, 100 * kMilli));
}

TEST(TraceDiff, MagnitudesDifferPastFivePercentAndOtherNumbersAtAll) {
  auto changed = [](const char* key, const std::string& before, const std::string& after) {
    return !diff_of({{.extra_key_values = {key_value(key, before)}}},
                    {{.extra_key_values = {key_value(key, after)}}})
                .modified.empty();
  };
  EXPECT_FALSE(changed("file.size", any_int(100), any_int(105)));
  EXPECT_TRUE(changed("file.size", any_int(100), any_int(106)));
  EXPECT_TRUE(changed("file.size", any_int(0), any_int(1)));
  EXPECT_TRUE(changed("retries", any_int(100), any_int(101)));
  EXPECT_FALSE(changed("retries", any_int(2), any_double(2)));
  EXPECT_FALSE(changed("retries", any_double(NAN), any_double(NAN)));
  EXPECT_TRUE(changed("retries", any_int(2), any_string("2")));
}

TEST(TraceDiff, SpansOfOtherOperationsAreAddedAndRemoved) {
  TraceDiff diff = diff_of({{.span = 1}, {.span = 2, .parent = 1, .name = "old"}},
                           {{.span = 1}, {.span = 2, .parent = 1, .name = "new"}});
  EXPECT_EQ(diff.matched, 1u);
  EXPECT_THAT(diff.added, ElementsAre(1));
  EXPECT_THAT(diff.removed, ElementsAre(1));
  EXPECT_THAT(diff.compare.path_of(1), ElementsAre(0, 0));
}

TEST(TraceDiff, TheSameParentCountsMoreThanTheSameContent) {
  std::vector<SpanSpec> base = {{.span = 1},
                                {.span = 2, .parent = 1, .name = "a"},
                                {.span = 3, .parent = 1, .name = "b"},
                                {.span = 4, .parent = 2, .name = "x", .attributes = {{"at", "a"}}},
                                {.span = 5, .parent = 3, .name = "x", .attributes = {{"at", "b"}}}};
  auto compare = base;
  std::swap(compare[3].attributes, compare[4].attributes);
  EXPECT_THAT(diff_of(base, compare).modified, SizeIs(2));
}

TEST(TraceDiff, ASpanThatMovedIsTheSame) {
  std::vector<SpanSpec> base = {
      {.span = 1}, {.span = 2, .parent = 1, .name = "a"}, {.span = 3, .parent = 1, .name = "x"}};
  auto compare = base;
  compare[2].parent = 2;
  TraceDiff diff = diff_of(base, compare);
  EXPECT_EQ(diff.matched, 3u);
  EXPECT_THAT(diff.modified, IsEmpty());
  TraceDiffSummary summary = summarize_diff(diff);
  EXPECT_TRUE(summary.structure_changed);
  EXPECT_THAT(summary.changed_services, ElementsAre("shop"));
  EXPECT_THAT(summary.services, IsEmpty());
}

TEST(TraceDiff, CirclesOrphansAndRepeatedIdsHaveAPlace) {
  DiffTrace trace = diff_trace_of(batch_of({{.span = 1, .parent = 2, .start = 5},
                                            {.span = 2, .parent = 1, .start = 6},
                                            {.span = 3, .parent = 99, .start = 1},
                                            {.span = 4, .parent = 4, .start = 7},
                                            {.span = 5, .start = 2},
                                            {.span = 5, .name = "again", .start = 3}}));
  EXPECT_EQ(trace.span_count, 6u);
  ASSERT_THAT(trace.spans, SizeIs(5));
  EXPECT_THAT(trace.path_of(0), ElementsAre(0));     // 3
  EXPECT_THAT(trace.path_of(1), ElementsAre(1));     // 5
  EXPECT_THAT(trace.path_of(2), ElementsAre(2));     // 1
  EXPECT_THAT(trace.path_of(3), ElementsAre(2, 0));  // 2, below 1
  EXPECT_THAT(trace.path_of(4), ElementsAre(3));     // 4
}

TEST(TraceDiff, ALongChainAndAWideFanAreComparedAtOnce) {
  std::vector<SpanSpec> chain, wide = fan(1, 30'000);
  for (uint64_t i = 1; i <= 30'000; ++i) chain.push_back({.span = i, .parent = i - 1});
  EXPECT_EQ(diff_of(chain, chain).matched, 30'000u);
  auto slower = wide;
  for (SpanSpec& span : slower) span.duration *= 10;
  EXPECT_THAT(diff_of(wide, slower).modified, SizeIs(30'001));
}

TEST(TraceDiffSummary, CountsErrorsByServiceAlsoWhereTheyEvenOut) {
  auto error = otlp::StatusCode::kError;
  TraceDiff diff = diff_of({{.span = 1, .name = "a", .status = error}, {.span = 2, .name = "b"}},
                           {{.span = 1, .name = "a"}, {.span = 2, .name = "b", .status = error}});
  TraceDiffSummary summary = summarize_diff(diff);
  EXPECT_FALSE(summary.structure_changed);
  EXPECT_EQ(summary.base.errors, summary.compare.errors);
  ASSERT_THAT(summary.services, SizeIs(1));
  EXPECT_EQ(summary.services[0].new_errors, 1u);
  EXPECT_EQ(summary.services[0].resolved_errors, 1u);
}

TEST(TraceDiffSummary, SeesWhatIsTooSmallInEachSpan) {
  auto slower = fan(2, 100);
  for (size_t i = 1; i < slower.size(); ++i) slower[i].duration += kMilli / 2;
  TraceDiff diff = diff_of(fan(1, 100), slower);
  EXPECT_THAT(diff.modified, IsEmpty());
  TraceDiffSummary summary = summarize_diff(diff);
  ASSERT_THAT(summary.services, SizeIs(1));
  EXPECT_EQ(summary.services[0].span_times, static_cast<int64_t>(50 * kMilli));
  EXPECT_THAT(summary.changed_services, ElementsAre("shop"));
}

}  // namespace
}  // namespace clew::query
