#include "store/search.h"

#include <gtest/gtest.h>

#include <numeric>

#include "store/head.h"
#include "store/testing.h"
#include "store/trace_collector.h"

namespace clew::store {
namespace {

using otlp::testing::batch_of;
using otlp::testing::trace_id;

std::shared_ptr<const Part> part_of(const otlp::Batch& batch) {
  Head head;
  head.insert(0, Tenant(), batch);
  return head.part(Tenant());
}

/// A part that counts what is asked of it.
class Counting final : public Part {
 public:
  Counting(std::shared_ptr<const Part> part, int& searches)
      : part_(std::move(part)), searches_(searches) {}
  UnixNanos newest_trace_start() const override { return part_->newest_trace_start(); }
  bool may_match(const Query& query) const override { return part_->may_match(query); }
  Result<std::unique_ptr<PartSearch>> search(const Query& query) const override {
    ++searches_;
    return part_->search(query);
  }
  Result<std::optional<TraceExtent>> extent_of(const TraceId& id) const override {
    return part_->extent_of(id);
  }
  Result<void> visit_spans(const TraceId& id, const SpanChoice& wanted,
                           const SpanVisitor& visit) const override {
    return part_->visit_spans(id, wanted, visit);
  }
  Result<void> scan_columns(ColumnScan& scan) const override { return part_->scan_columns(scan); }
  Result<void> visit_operations(const OperationVisitor& visit) const override {
    return part_->visit_operations(visit);
  }
  Result<void> visit_attributes(const AttributeVisitor& visit) const override {
    return part_->visit_attributes(visit);
  }
  Result<void> visit_values(std::optional<AttributeScope> scope, std::string_view key,
                            const ValueVisitor& visit) const override {
    return part_->visit_values(scope, key, visit);
  }

 private:
  std::shared_ptr<const Part> part_;
  int& searches_;
};

/// Works twice for every trace, the first time for nothing, and says "sometime" until then.
class Sluggish final : public PartSearch {
 public:
  explicit Sluggish(std::unique_ptr<PartSearch> search) : search_(std::move(search)) {}
  std::optional<UnixNanos> next_start() const override {
    return search_->next_start().transform(
        [&](UnixNanos start) { return ready_ ? start : start + 100; });
  }
  Result<std::optional<TraceId>> take() override {
    ready_ = !ready_;
    if (ready_) return std::nullopt;
    return search_->take();
  }

 private:
  std::unique_ptr<PartSearch> search_;
  bool ready_ = false;
};

class SluggishPart final : public Part {
 public:
  explicit SluggishPart(std::shared_ptr<const Part> part) : part_(std::move(part)) {}
  UnixNanos newest_trace_start() const override { return UINT64_MAX; }
  bool may_match(const Query&) const override { return true; }
  Result<std::unique_ptr<PartSearch>> search(const Query& query) const override {
    return std::make_unique<Sluggish>(part_->search(query).value());
  }
  Result<std::optional<TraceExtent>> extent_of(const TraceId& id) const override {
    return part_->extent_of(id);
  }
  Result<void> visit_spans(const TraceId& id, const SpanChoice& wanted,
                           const SpanVisitor& visit) const override {
    return part_->visit_spans(id, wanted, visit);
  }
  Result<void> scan_columns(ColumnScan&) const override { return {}; }
  Result<void> visit_operations(const OperationVisitor&) const override { return {}; }
  Result<void> visit_attributes(const AttributeVisitor&) const override { return {}; }
  Result<void> visit_values(std::optional<AttributeScope>, std::string_view,
                            const ValueVisitor&) const override {
    return {};
  }

 private:
  std::shared_ptr<const Part> part_;
};

class SearchTest : public ::testing::Test {
 protected:
  FindResult find(const Parts& parts, const Filter& filter, size_t limit,
                  const std::optional<FoundTrace>& after = std::nullopt) {
    return find_traces(parts, testing::query(filter), limit, clock_, testing::kNoDeadline, nullptr,
                       after);
  }

  /// Numbers of the traces that match, in order.
  std::vector<uint64_t> numbers(const Parts& parts, const Filter& filter, size_t limit = 100) {
    std::vector<uint64_t> numbers;
    FindResult found = find(parts, filter, limit);
    EXPECT_TRUE(found.complete);
    for (const FoundTrace& trace : found.traces) numbers.push_back(trace.id.bytes[15]);
    return numbers;
  }

  ManualClock clock_{0};
};

TEST_F(SearchTest, DoesNotOpenPartsThatAreTooOldToMatter) {
  int searches = 0;
  auto newer = part_of(batch_of({{.trace = 1, .start = 20}, {.trace = 2, .start = 21}}));
  auto older = std::make_shared<Counting>(part_of(batch_of({{.trace = 3, .start = 10}})), searches);
  Parts parts = {older, newer};
  EXPECT_EQ(numbers(parts, {}, 2).size(), 2u);
  EXPECT_EQ(searches, 0);
  EXPECT_EQ(numbers(parts, {}, 3).size(), 3u);
  EXPECT_EQ(searches, 1);
}

TEST_F(SearchTest, PartsMaySayTooMuchAndWorkForNothing) {
  auto slow = std::make_shared<SluggishPart>(
      part_of(batch_of({{.trace = 1, .start = 30}, {.trace = 2, .start = 10}})));
  auto quick = part_of(batch_of({{.trace = 3, .start = 20}, {.trace = 4, .start = 5}}));
  EXPECT_EQ(numbers({slow, quick}, {}, 3), (std::vector<uint64_t>{1, 3, 2}));
  EXPECT_EQ(numbers({slow, quick}, {}), (std::vector<uint64_t>{1, 3, 2, 4}));
}

TEST_F(SearchTest, TheDeadlineAndCancellingEndItAndAreSaid) {
  Parts parts = {part_of(batch_of({{.trace = 1}, {.trace = 2}, {.trace = 3}}))};
  Query all = testing::query({});
  EXPECT_TRUE(find_traces(parts, all, 10, clock_, clock_.now() + 1).complete);
  double before = testing::limit_hits("query_deadline");
  FindResult late = find_traces(parts, all, 10, clock_, clock_.now());
  EXPECT_FALSE(late.complete);
  EXPECT_TRUE(late.traces.empty());
  EXPECT_FALSE(late.more);
  EXPECT_EQ(testing::limit_hits("query_deadline"), before + 1);
  std::atomic<bool> cancelled = true;
  EXPECT_FALSE(find_traces(parts, all, 10, clock_, testing::kNoDeadline, &cancelled).complete);
}

TEST_F(SearchTest, ATraceLastsFromItsFirstSpanToItsLastInAnyPart) {
  Parts parts = {part_of(batch_of({{.trace = 1, .span = 1, .start = 100, .duration = 10},
                                   {.trace = 2, .span = 2, .start = 100, .duration = 10}})),
                 part_of(batch_of({{.trace = 1, .span = 3, .start = 180, .duration = 20}})),
                 part_of(batch_of({{.trace = 1, .span = 4, .start = 90, .duration = 5}}))};
  EXPECT_EQ(numbers(parts, {.min_trace_duration = 110}), std::vector<uint64_t>{1});
  EXPECT_TRUE(numbers(parts, {.min_trace_duration = 111}).empty());
  EXPECT_EQ(numbers(parts, {.max_trace_duration = 109}), std::vector<uint64_t>{2});
  EXPECT_EQ(numbers(parts, {.min_trace_duration = 10, .max_trace_duration = 110}),
            (std::vector<uint64_t>{2, 1}));
  // The span that matches need not be the one that makes it long.
  EXPECT_EQ(numbers(parts, {.max_duration = 5, .min_trace_duration = 110}),
            std::vector<uint64_t>{1});
}

TEST_F(SearchTest, SpansWithoutAStartDoNotMakeATraceLonger) {
  Parts parts = {part_of(batch_of({{.trace = 1, .span = 1, .start = 100, .duration = 10},
                                   {.trace = 1, .span = 2, .start = 0, .duration = 5000},
                                   {.trace = 2, .span = 3, .start = 0, .duration = 7}}))};
  EXPECT_EQ(numbers(parts, {.min_trace_duration = 1, .max_trace_duration = 10}),
            std::vector<uint64_t>{1});
  EXPECT_EQ(numbers(parts, {.max_trace_duration = 0}), std::vector<uint64_t>{2});
}

TEST_F(SearchTest, PagesNeitherLoseNorRepeatTracesOfEqualStart) {
  Parts parts;
  for (uint64_t part = 0; part < 5; ++part) {
    std::vector<otlp::testing::SpanSpec> spans;
    for (uint64_t i = 0; i < 40; ++i)  // every trace stands in two parts
      spans.push_back({.trace = 1 + (part * 20 + i) % 100, .span = 1 + part, .start = 1000});
    parts.push_back(part_of(batch_of(spans)));
  }
  for (size_t limit : {1, 7, 10, 99, 100, 101}) {
    std::vector<uint64_t> seen;
    std::optional<FoundTrace> after;
    for (FindResult page{.more = true}; page.more;) {
      page = find(parts, {}, limit, after);
      ASSERT_TRUE(page.complete);
      ASSERT_FALSE(page.traces.empty());
      for (const FoundTrace& trace : page.traces) seen.push_back(trace.id.bytes[15]);
      after = page.traces.back();
    }
    std::vector<uint64_t> all(100);
    std::iota(all.begin(), all.end(), 1);
    EXPECT_EQ(seen, all) << limit;
  }
}

TEST_F(SearchTest, APageIsWhatComesAfter) {
  Parts parts = {part_of(batch_of({{.trace = 1, .start = 30}, {.trace = 2, .start = 10}})),
                 part_of(batch_of({{.trace = 3, .start = 20}, {.trace = 1, .start = 5}}))};
  // Trace 1 is offered first, at 30, but starts at 5.
  FindResult first = find(parts, {}, 2);
  EXPECT_EQ(first.traces, (std::vector<FoundTrace>{{trace_id(3), 20}, {trace_id(2), 10}}));
  EXPECT_TRUE(first.more);
  FindResult second = find(parts, {}, 2, first.traces.back());
  EXPECT_EQ(second.traces, (std::vector<FoundTrace>{{trace_id(1), 5}}));
  EXPECT_FALSE(second.more);
  EXPECT_TRUE(find(parts, {}, 2, second.traces.back()).traces.empty());
}

TEST_F(SearchTest, BothFormsOfAnIdAreOneTrace) {
  auto wide = part_of(batch_of({{.trace = 1, .span = 1, .start = 100, .trace_high = 9},
                                {.trace = 2, .span = 2, .start = 50}}));
  auto narrow =
      part_of(batch_of({{.trace = 1, .span = 3, .service = "zipkin", .start = 130, .duration = 20},
                        {.trace = 1, .span = 4, .start = 20}}));
  for (const Parts& parts : {Parts{wide, narrow}, Parts{narrow, wide}, Parts{narrow}}) {
    bool has_wide = parts.size() == 2;
    TraceId id = trace_id(1, has_wide ? 9 : 0);
    std::vector<FoundTrace> one = {{id, 20}};
    EXPECT_EQ(find(parts, {.max_trace_duration = 1'000'020}, 1).traces.size(), 1u);
    EXPECT_EQ(find(parts, {.service = "zipkin"}, 10).traces, one);
    auto all = find(parts, {}, 10).traces;
    EXPECT_EQ(std::ranges::count(all, one[0]), 1);
    EXPECT_EQ(all.size(), has_wide ? 2u : 1u);
    for (uint64_t high : {0, 9})
      EXPECT_EQ(collect_trace(parts, trace_id(1, high)).value().spans.spans().size(),
                has_wide ? 3u : 2u);
  }
  EXPECT_EQ(collect_trace({wide, narrow}, trace_id(1, 8)).value().spans.spans().size(), 2u);
  EXPECT_FALSE(collect_trace({wide}, trace_id(1, 8)).has_value());
}

TEST(TraceCollector, StopsAtItsSpansAndSaysSo) {
  otlp::Batch batch = batch_of({{.span = 1}, {.span = 2}, {.span = 3}});
  TraceCollector enough(3), few(2);
  double before = testing::limit_hits("spans_per_trace");
  for (const otlp::SpanRef& ref : batch.spans()) {
    enough.add(batch, ref);
    few.add(batch, ref);
  }
  EXPECT_FALSE(enough.is_cut());
  EXPECT_TRUE(few.is_cut());
  EXPECT_EQ(testing::limit_hits("spans_per_trace"), before + 1);
  auto cut = otlp::Batch::index(SharedBytes::take(few.finish()));
  EXPECT_EQ(cut->spans().size(), 2u);
}

TEST(TraceCollector, StopsAtItsBytesAndSaysSo) {
  otlp::Batch batch = batch_of({{.span = 1}, {.span = 2}});
  size_t bytes = batch.spans()[0].size + batch.spans()[1].size;
  TraceCollector enough(10, bytes), few(10, bytes - 1);
  double before = testing::limit_hits("trace_answer_bytes");
  for (const otlp::SpanRef& ref : batch.spans()) {
    enough.add(batch, ref);
    few.add(batch, ref);
  }
  EXPECT_FALSE(enough.is_cut());
  EXPECT_TRUE(few.is_cut());
  EXPECT_EQ(testing::limit_hits("trace_answer_bytes"), before + 1);
}

TEST(TraceCollector, ARepetitionUnderAnotherResourceIsAnotherSpan) {
  testing::RichSpec here{.resource = {{"host", "a"}}}, there{.resource = {{"host", "b"}}};
  otlp::Batch batch = testing::rich_batch({here, there, here});
  TraceCollector collector;
  for (const otlp::SpanRef& ref : batch.spans()) collector.add(batch, ref);
  EXPECT_EQ(otlp::Batch::index(SharedBytes::take(collector.finish()))->spans().size(), 2u);
}

}  // namespace
}  // namespace clew::store
