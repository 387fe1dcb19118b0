#include "store/search.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "store/head.h"
#include "store/testing.h"
#include "store/trace_collector.h"

namespace clew::store {
namespace {

using otlp::testing::batch_of;

std::shared_ptr<const Part> part_of(const otlp::Batch& batch) {
  Head head;
  head.insert(0, Tenant(), batch, facts_of(batch));
  return head.part(Tenant());
}

/// A part that counts what is asked of it.
class Counting final : public Part {
 public:
  Counting(std::shared_ptr<const Part> part, int& searches)
      : part_(std::move(part)), searches_(searches) {}
  UnixNanos newest_trace_start() const override { return part_->newest_trace_start(); }
  bool may_match(const Filter& filter) const override { return part_->may_match(filter); }
  Result<std::unique_ptr<PartSearch>> search(const Filter& filter) const override {
    ++searches_;
    return part_->search(filter);
  }
  Result<std::optional<UnixNanos>> start_of(const TraceId& id) const override {
    return part_->start_of(id);
  }
  Result<void> visit_spans(const TraceId& id, const SpanVisitor& visit) const override {
    return part_->visit_spans(id, visit);
  }
  Result<void> visit_operations(const OperationVisitor& visit) const override {
    return part_->visit_operations(visit);
  }

 private:
  std::shared_ptr<const Part> part_;
  int& searches_;
};

double limit_hits(const std::string& limit) {
  return metrics::counter("clew_limit_hit_total", "", {{"limit", limit}}).Value();
}

class SearchTest : public ::testing::Test {
 protected:
  ManualClock clock_{0};
};

TEST_F(SearchTest, DoesNotOpenPartsThatAreTooOldToMatter) {
  int searches = 0;
  auto newer = part_of(batch_of({{.trace = 1, .start = 20}, {.trace = 2, .start = 21}}));
  auto older = std::make_shared<Counting>(part_of(batch_of({{.trace = 3, .start = 10}})), searches);
  Parts parts = {older, newer};
  EXPECT_EQ(find_traces(parts, {}, 2, clock_, testing::kNoDeadline).traces.size(), 2u);
  EXPECT_EQ(searches, 0);
  EXPECT_EQ(find_traces(parts, {}, 3, clock_, testing::kNoDeadline).traces.size(), 3u);
  EXPECT_EQ(searches, 1);
}

TEST_F(SearchTest, LooksAtAsManyTracesAsTheLimitSaysAndNoMore) {
  Parts parts = {part_of(batch_of({{.trace = 1}, {.trace = 2}, {.trace = 3}}))};
  double before = limit_hits("search_scanned_traces");
  auto all = find_traces(parts, {}, 10, clock_, testing::kNoDeadline, 3);
  EXPECT_EQ(all.traces.size(), 3u);
  EXPECT_TRUE(all.complete);
  auto some = find_traces(parts, {}, 10, clock_, testing::kNoDeadline, 2);
  EXPECT_EQ(some.traces.size(), 2u);
  EXPECT_FALSE(some.complete);
  EXPECT_EQ(limit_hits("search_scanned_traces"), before + 1);
}

TEST(TraceCollector, StopsAtItsSpansAndSaysSo) {
  otlp::Batch batch = batch_of({{.span = 1}, {.span = 2}, {.span = 3}});
  TraceCollector enough(3), few(2);
  double before = limit_hits("spans_per_trace");
  for (const otlp::SpanRef& ref : batch.spans()) {
    enough.add(batch, ref);
    few.add(batch, ref);
  }
  EXPECT_FALSE(enough.is_cut());
  EXPECT_TRUE(few.is_cut());
  EXPECT_EQ(limit_hits("spans_per_trace"), before + 1);
  auto cut = otlp::Batch::index(SharedBytes::take(few.finish()));
  EXPECT_EQ(cut->spans().size(), 2u);
}

TEST(TraceCollector, StopsAtItsBytesAndSaysSo) {
  otlp::Batch batch = batch_of({{.span = 1}, {.span = 2}});
  size_t bytes = batch.spans()[0].size + batch.spans()[1].size;
  TraceCollector enough(10, bytes), few(10, bytes - 1);
  double before = limit_hits("trace_answer_bytes");
  for (const otlp::SpanRef& ref : batch.spans()) {
    enough.add(batch, ref);
    few.add(batch, ref);
  }
  EXPECT_FALSE(enough.is_cut());
  EXPECT_TRUE(few.is_cut());
  EXPECT_EQ(limit_hits("trace_answer_bytes"), before + 1);
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
