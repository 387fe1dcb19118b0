// Calls counted from what parts know are those of a naive list of spans.
#include "store/call_counter.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "store/random_spans.h"

namespace clew::store {
namespace {

using otlp::SpanKind;
using testing::Dice;
using testing::SimulatedStore;
using testing::SpanSpec;

constexpr uint64_t kSeeds = 60;
constexpr UnixNanos kBase = 1'000'000'000'000'000'000;

/// Calls, errors, and the sum of the middles of the buckets of durations.
using Sums = std::tuple<int64_t, int64_t, int64_t>;
using Graph = std::map<std::pair<std::string, std::string>, Sums>;

Graph graph_of(const CallTable& table) {
  Graph graph;
  for (size_t i = 0; i < table.edges().size(); ++i) {
    const CallTable::Edge& edge = table.edges()[i];
    int64_t middles = 0;
    for (uint32_t bucket = 0; bucket < edge.buckets.size(); ++bucket)
      middles += edge.buckets[bucket] * static_cast<int64_t>(duration_buckets::middle(bucket));
    if (edge.calls == 0 && middles == 0) continue;
    CallEdges::Pair pair = table.names().pairs()[i];
    graph[{table.names().services()[pair.parent], table.names().services()[pair.child]}] = {
        edge.calls, edge.errors, middles};
  }
  return graph;
}

/// All spans in a list, each once.
class NaiveCalls {
 public:
  void add(const SpanSpec& span) {
    for (const SpanSpec& known : traces_[span.trace])
      if (key(known) == key(span)) return;
    traces_[span.trace].push_back(span);
  }

  Graph count(const StartRange& range) const {
    Graph graph;
    for (const auto& [trace, spans] : traces_)
      for (const SpanSpec& span : spans) {
        const SpanSpec* parent = parent_of(span, spans);
        if (!parent || parent->service == span.service || !range.has(span.start)) continue;
        auto& [calls, errors, middles] = graph[{parent->service, span.service}];
        ++calls;
        errors += span.status == otlp::StatusCode::kError ? 1 : 0;
        middles +=
            static_cast<int64_t>(duration_buckets::middle(duration_buckets::of(span.duration)));
      }
    return graph;
  }

 private:
  static std::tuple<uint64_t, SpanKind, UnixNanos> key(const SpanSpec& span) {
    return {span.span, span.kind, span.start};
  }

  static const SpanSpec* find(uint64_t id, bool client, const std::vector<SpanSpec>& spans) {
    for (const SpanSpec& span : spans)
      if (span.span == id && (span.kind == SpanKind::kClient) == client) return &span;
    return nullptr;
  }

  static const SpanSpec* parent_of(const SpanSpec& span, const std::vector<SpanSpec>& spans) {
    const SpanSpec* client = find(span.span, true, spans);
    if (span.kind == SpanKind::kServer && client) return client;
    if (span.parent == 0) return nullptr;
    const SpanSpec* other = find(span.parent, false, spans);
    return other ? other : find(span.parent, true, spans);
  }

  std::map<uint64_t, std::vector<SpanSpec>> traces_;
};

class CallRun {
 public:
  explicit CallRun(uint64_t seed) : dice_(seed), sim_(seed) {
    sim_.options.head_bytes = 64 << 10;
    sim_.options.small_segment_rows = dice_.below(2) * 20;
    sim_.options.cache_bytes = dice_.below(2) << 20;  // half of the runs keep nothing
  }

  void run() {
    ASSERT_TRUE(sim_.open());
    for (int step = 0; step < 50; ++step) {
      switch (dice_.below(10)) {
        case 0:
          ASSERT_TRUE(sim_.store->flush());
          break;
        case 1:
          ASSERT_TRUE(sim_.open());
          break;
        case 2:
          sim_.store->compact();
          break;
        case 3:
          pin();
          break;
        case 4:
        case 5:
          ASSERT_NO_FATAL_FAILURE(compare());
          break;
        default:
          append();
      }
    }
    ASSERT_NO_FATAL_FAILURE(compare());
  }

 private:
  static constexpr uint64_t kTraces = 20;

  SpanSpec random_span() {
    SpanSpec span{.trace = 1 + dice_.below(kTraces),
                  .span = ++last_span_,
                  .service = dice_.pick({"edge", "shop", "pay"}),
                  .name = dice_.pick({"GET", "POST"}),
                  .kind = static_cast<SpanKind>(dice_.below(6)),
                  .start = kBase + dice_.below(500),
                  .duration = dice_.below(100'000),
                  .status = static_cast<otlp::StatusCode>(dice_.below(3))};
    // One of the spans before, whether or not it is of the same trace and has come; or one to come.
    if (!dice_.chance(4)) span.parent = 1 + dice_.below(last_span_ + 3);
    if (span.trace % 3 == 0 || (span.trace % 3 == 1 && dice_.chance(2))) span.trace_high = 7;
    return span;
  }

  void append() {
    std::vector<SpanSpec> spans;
    for (uint64_t i = dice_.below(15); i < 15; ++i) {
      if (!sent_.empty() && dice_.chance(8)) {  // a request that is sent again
        spans.push_back(sent_[dice_.below(sent_.size())]);
        continue;
      }
      spans.push_back(random_span());
      sent_.push_back(spans.back());
      if (spans.back().kind != SpanKind::kClient || dice_.chance(2)) continue;
      SpanSpec server = spans.back();  // the other half, now or after a while
      server.kind = SpanKind::kServer;
      server.service = dice_.pick({"edge", "shop", "pay"});
      if (dice_.chance(2)) {
        spans.push_back(server);
        sent_.push_back(server);
      } else {
        later_.push_back(server);
      }
    }
    if (!later_.empty() && dice_.chance(2)) {
      spans.push_back(later_.back());
      sent_.push_back(later_.back());
      later_.pop_back();
    }
    ASSERT_TRUE(sim_.append(otlp::testing::batch_of(spans)));
    for (const SpanSpec& span : spans) naive_.add(span);
  }

  void pin() {
    uint64_t trace = 1 + dice_.below(kTraces);
    (void)sim_.store->pin(Tenant(), testing::trace_id(trace, trace % 3 == 2 ? 0 : 7));
  }

  void compare() {
    StartRange range{kBase, kBase + 500};
    if (dice_.chance(2)) range = {kBase + dice_.below(500), kBase + dice_.below(500)};
    auto counted = sim_.store->count_calls(Tenant(), range);
    ASSERT_TRUE(counted.complete);
    ASSERT_EQ(graph_of(counted.table), naive_.count(range));
  }

  Dice dice_;
  SimulatedStore sim_;
  NaiveCalls naive_;
  std::vector<SpanSpec> sent_, later_;
  uint64_t last_span_ = 0;
};

TEST(CallCounter, CountsWhatANaiveListDoes) {
  for (uint64_t seed = 1; seed <= testing::seeds(kSeeds); ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(CallRun(seed).run());
  }
}

class CallCounterTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sim_.open()); }

  Graph count(const StartRange& range = {0, UINT64_MAX}) {
    auto counted = sim_.store->count_calls(Tenant(), range);
    EXPECT_TRUE(counted.complete);
    return graph_of(counted.table);
  }

  SimulatedStore sim_;
};

/// Of the bucket of a millisecond.
const auto kMiddle =
    static_cast<int64_t>(duration_buckets::middle(duration_buckets::of(1'000'000)));

TEST_F(CallCounterTest, AParentMayComeAfterItsChildIsInABlock) {
  ASSERT_TRUE(sim_.append(otlp::testing::batch_of({{.span = 2, .parent = 1, .service = "shop"}})));
  EXPECT_EQ(count(), Graph{});
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(count(), Graph{});
  ASSERT_TRUE(sim_.append(otlp::testing::batch_of({{.span = 1, .service = "edge"}})));
  Graph one{{{"edge", "shop"}, {1, 0, kMiddle}}};
  EXPECT_EQ(count(), one);
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(count(), one);
  EXPECT_EQ(count(), one);  // from what is remembered of the two blocks
  sim_.store->compact();
  EXPECT_EQ(count(), one);
  EXPECT_EQ(count({0, 999'999'999}), Graph{});
  EXPECT_EQ(count({1'000'000'000, 1'000'000'000}), one);
}

TEST_F(CallCounterTest, ManySmallGroupsAreCountedFromRunsAndOneByOne) {
  std::vector<SpanSpec> spans;
  for (uint64_t trace = 1; trace <= 20'000; ++trace) {
    spans.push_back({.trace = trace, .span = 1, .service = "edge", .start = trace * 1000});
    spans.push_back(
        {.trace = trace, .span = 2, .parent = 1, .service = "shop", .start = trace * 1000});
  }
  ASSERT_TRUE(sim_.append(otlp::testing::batch_of(spans)));
  ASSERT_TRUE(sim_.store->flush());
  for (uint64_t first : {1, 5'000, 19'999})
    for (uint64_t last : {1, 5'000, 19'999, 20'000}) {
      int64_t calls = last < first ? 0 : static_cast<int64_t>(last - first + 1);
      Graph expected;
      if (calls > 0) expected[{"edge", "shop"}] = {calls, 0, calls * kMiddle};
      EXPECT_EQ(count({first * 1000, last * 1000}), expected) << first << " " << last;
    }
}

TEST_F(CallCounterTest, EndsWhenItsTimeIsOver) {
  ASSERT_TRUE(sim_.append(otlp::testing::batch_of(
      {{.span = 1, .service = "edge"}, {.span = 2, .parent = 1, .service = "shop"}})));
  EXPECT_FALSE(sim_.store->count_calls(Tenant(), {0, UINT64_MAX}, [] { return true; }).complete);
  EXPECT_EQ(count().size(), 1u);
}

}  // namespace
}  // namespace clew::store
