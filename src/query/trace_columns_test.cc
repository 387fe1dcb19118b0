#include "query/trace_columns.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"

namespace clew::query {
namespace {

constexpr UnixNanos kStart = 1'700'000'000'000'000'000;
constexpr uint64_t kMicro = 1000;

SpanId id_of(uint64_t number) {
  SpanId id;
  for (size_t i = 0; i < 8; ++i) id.bytes[i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  return id;
}

/// Start and duration in microseconds.
store::SpanOutline outline(uint64_t id, uint64_t parent, uint64_t start, uint64_t duration,
                           std::string_view name = "op",
                           otlp::SpanKind kind = otlp::SpanKind::kInternal) {
  return {.id = id_of(id),
          .parent = id_of(parent),
          .start = kStart + start * kMicro,
          .duration = duration * kMicro,
          .kind = kind,
          .service = "shop",
          .name = name};
}

TraceColumns columns_of(const std::vector<store::SpanOutline>& spans) {
  ColumnMaker maker;
  for (const store::SpanOutline& span : spans) EXPECT_TRUE(maker.add(span));
  return maker.finish();
}

/// "name@start+duration" of each row, indented by its depth.
std::string drawn(const TraceColumns& columns) {
  std::string text;
  int64_t start = 0;
  for (size_t i = 0; i < columns.flags.size(); ++i) {
    start += columns.start_steps[i];
    const auto& operation = columns.operations[columns.operation_of[i]];
    text += std::string(columns.depths[i], ' ') +
            fmt::format("{}@{}+{}\n", columns.names[operation.name], start, columns.durations[i]);
  }
  return text;
}

TEST(TraceColumns, StandInPreorderWithChildrenByStart) {
  auto columns = columns_of({outline(4, 2, 12, 3, "d"), outline(3, 1, 30, 9, "c"),
                             outline(1, 0, 0, 50, "a"), outline(2, 1, 10, 9, "b")});
  EXPECT_EQ(drawn(columns), "a@0+50\n b@10+9\n  d@12+3\n c@30+9\n");
  EXPECT_EQ(columns.start, kStart);
  EXPECT_EQ(columns.duration, 50 * kMicro);
  EXPECT_EQ(columns.services, std::vector<std::string>{"shop"});
}

TEST(TraceColumns, HaveRootsForWhatHasNoParent) {
  auto columns = columns_of({outline(2, 9, 5, 1, "orphan"), outline(1, 0, 7, 1, "root")});
  EXPECT_EQ(drawn(columns), "orphan@0+1\nroot@2+1\n");
  EXPECT_EQ(columns.flags, (std::vector<uint8_t>{TraceColumns::kParentMissing, 0}));
}

TEST(TraceColumns, BeginCirclesSomewhereAndLoseNothing) {
  EXPECT_EQ(drawn(columns_of(
                {outline(1, 2, 0, 9, "a"), outline(2, 1, 1, 8, "b"), outline(3, 3, 2, 1, "self")})),
            "self@2+1\na@0+9\n b@1+8\n");
}

TEST(TraceColumns, FindParentsHoweverIdsAreSpread) {
  // Next to each other, with gaps, at both ends of what there is, and crowded at one of them.
  std::vector<std::vector<uint64_t>> sets = {{1, 2, 3, 4, 5, 6, 7, 8},
                                             {UINT64_MAX, 1, 1ULL << 63, 7, 1ULL << 40, 9},
                                             {UINT64_MAX, UINT64_MAX - 1, 2, 1, UINT64_MAX - 2},
                                             {42}};
  for (const std::vector<uint64_t>& ids : sets) {
    std::vector<store::SpanOutline> chain;
    for (size_t i = 0; i < ids.size(); ++i)
      chain.push_back(outline(ids[i], i == 0 ? 0 : ids[i - 1], i, 1));
    std::vector<uint32_t> depths = columns_of(chain).depths;
    EXPECT_TRUE(std::ranges::is_sorted(depths));
    EXPECT_EQ(depths.back(), ids.size() - 1);
    for (uint64_t missing : {ids[0] + 20, ids[0] - 20, uint64_t{5000}}) {
      chain[0].parent = id_of(missing);
      EXPECT_EQ(columns_of(chain).flags[0], TraceColumns::kParentMissing);
    }
  }
}

TEST(TraceColumns, HaveRepeatedSpansOnce) {
  auto one = outline(1, 0, 0, 5), other = outline(1, 0, 0, 6);
  EXPECT_EQ(columns_of({one, other, one}).flags.size(), 2u);
}

TEST(TraceColumns, PutBothHalvesOfACallBelowEachOther) {
  using enum otlp::SpanKind;
  EXPECT_EQ(drawn(columns_of({outline(3, 2, 4, 1, "below", kInternal),
                              outline(2, 1, 2, 5, "call", kServer),
                              outline(2, 1, 1, 7, "call", kClient), outline(1, 0, 0, 9, "root")})),
            "root@0+9\n call@1+7\n  call@2+5\n   below@4+1\n");
}

TEST(TraceColumns, PutWhatHasNoStartAtThatOfTheTrace) {
  auto timeless = outline(2, 1, 0, 7, "timeless");
  timeless.start = 0;
  auto columns = columns_of({outline(1, 0, 3, 5, "a"), timeless});
  EXPECT_EQ(drawn(columns), "a@0+5\n timeless@0+0\n");
  EXPECT_EQ(columns.flags[1], TraceColumns::kStartMissing);
}

TEST(TraceColumns, CountLongTracesInLongerTicks) {
  constexpr uint64_t kDay = 86'400'000'000;
  auto columns = columns_of({outline(1, 0, 0, kDay, "day"), outline(2, 1, kDay / 2, 100, "short")});
  EXPECT_EQ(columns.tick_ns, 100 * kMicro);
  EXPECT_EQ(drawn(columns), "day@0+864000000\n short@432000000+1\n");
}

TEST(TraceColumns, HoldAChainOfAMillionSpansAndNotOneMore) {
  ColumnMaker maker;
  for (uint64_t i = limits::kSpansPerTrace; i > 0; --i)
    ASSERT_TRUE(maker.add(outline(i, i - 1, i, 1)));
  EXPECT_FALSE(maker.add(outline(limits::kSpansPerTrace + 1, 1, 1, 1)));
  auto columns = maker.finish();
  ASSERT_EQ(columns.depths.size(), limits::kSpansPerTrace);
  EXPECT_EQ(columns.depths.back(), limits::kSpansPerTrace - 1);
  EXPECT_TRUE(std::ranges::is_sorted(columns.depths));
  EXPECT_EQ(columns.operations.size(), 1u);
}

}  // namespace
}  // namespace clew::query
