#include "query/trace_columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

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

TEST(TraceColumns, RoundTimesToTheNearestTick) {
  auto nanoseconds = [](uint64_t id, uint64_t parent, uint64_t start, uint64_t duration) {
    store::SpanOutline span = outline(id, parent, 0, 0, "s");
    span.start += start;
    span.duration = duration;
    return span;
  };
  auto columns = columns_of({nanoseconds(1, 0, 0, 66'600), nanoseconds(2, 1, 499, 499),
                             nanoseconds(3, 1, 500, 500), nanoseconds(4, 1, 1'499, 65'101)});
  EXPECT_EQ(drawn(columns), "s@0+67\n s@0+0\n s@1+1\n s@1+65\n");
}

/// Spans in some order of all that they have, and who is whose parent, by looking at all of them.
class NaiveTrace {
 public:
  explicit NaiveTrace(std::vector<store::SpanOutline> spans) : spans_(std::move(spans)) {
    std::ranges::sort(spans_, {}, fields);
    auto again = std::ranges::unique(spans_);
    spans_.erase(again.begin(), again.end());
    draw(SIZE_MAX, 0);
    for (size_t i = 0; i < spans_.size(); ++i)
      if (!drawn_.contains(i)) draw_span(i, 0);
  }

  const std::string& text() const { return text_; }

 private:
  static std::tuple<SpanId, SpanId, UnixNanos, uint64_t, std::string_view> fields(
      const store::SpanOutline& span) {
    return {span.id, span.parent, span.start, span.duration, span.name};
  }
  size_t other(const SpanId& id, bool server, size_t not_this) const {
    for (size_t i = 0; i < spans_.size(); ++i)
      if (i != not_this && spans_[i].id == id &&
          (spans_[i].kind == otlp::SpanKind::kServer) == server)
        return i;
    return SIZE_MAX;
  }
  size_t parent_of(size_t i) const {
    bool is_server = spans_[i].kind == otlp::SpanKind::kServer;
    size_t client = is_server ? other(spans_[i].id, false, i) : SIZE_MAX;
    if (client != SIZE_MAX || spans_[i].parent.is_zero()) return client;
    size_t server = other(spans_[i].parent, true, i);
    return server != SIZE_MAX ? server : other(spans_[i].parent, false, i);
  }
  void draw_span(size_t i, size_t depth) {
    if (!drawn_.insert(i).second) return;
    text_ += std::string(depth, ' ') + fmt::format("{}@{}+{}\n", spans_[i].name,
                                                   (spans_[i].start - kStart) / kMicro,
                                                   spans_[i].duration / kMicro);
    draw(i, depth + 1);
  }
  void draw(size_t parent, size_t depth) {
    std::vector<size_t> children;
    for (size_t i = 0; i < spans_.size(); ++i)
      if (parent_of(i) == parent) children.push_back(i);
    std::ranges::stable_sort(children, {}, [&](size_t i) { return spans_[i].start; });
    for (size_t i : children) draw_span(i, depth);
  }

  std::vector<store::SpanOutline> spans_;
  std::set<size_t> drawn_;
  std::string text_;
};

TEST(TraceColumns, AreThoseOfANaiveModelInWhateverOrderSpansCome) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    auto below = [&](uint64_t bound) { return random() % bound; };
    uint64_t stride = below(2) == 0 ? 1 : random();  // IDs beside each other, or anywhere
    std::vector<store::SpanOutline> spans;
    // The first is the root and begins first: starts count from it.
    spans.push_back(outline(stride, 0, 0, 1000, "root"));
    uint64_t count = 1 + below(60);
    for (uint64_t i = 2; i <= count; ++i) {
      uint64_t id = below(8) == 0 ? 2 + below(count) : i, parent = below(count + 2);
      spans.push_back(outline(id * stride, parent * stride, 1 + below(30), below(9),
                              names[below(names.size())],
                              below(3) == 0 ? otlp::SpanKind::kServer : otlp::SpanKind::kClient));
      // So that no two of one ID differ in their kind only, which has no order.
      spans.back().duration = spans.back().duration * 2 * kMicro +
                              (spans.back().kind == otlp::SpanKind::kServer ? kMicro : 0);
      if (below(9) == 0) spans.push_back(spans[below(spans.size())]);
    }
    std::string expected = NaiveTrace(spans).text();
    for (int order = 0; order < 3; ++order) {
      ASSERT_EQ(drawn(columns_of(spans)), expected) << "seed " << seed << ", order " << order;
      std::ranges::shuffle(spans, random);
    }
  }
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
