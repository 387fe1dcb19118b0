#include "store/head.h"

#include <gtest/gtest.h>

#include "store/search.h"
#include "store/stable_vector.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::testing::batch_of;
using otlp::testing::trace_id;

void insert(Head& head, LogPosition position, const otlp::Batch& batch, const Tenant& tenant = {}) {
  head.insert(position, tenant, batch);
}

TEST(StableVector, ACopyKeepsWhatItSaw) {
  StableVector<int, 4> numbers;
  for (int i = 0; i < 6; ++i) numbers.push_back(i);
  auto copy = numbers;
  for (int i = 6; i < 20; ++i) numbers.push_back(i);
  EXPECT_EQ(copy.size(), 6u);
  EXPECT_EQ(numbers.size(), 20u);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(&copy[i], &numbers[i]);
  EXPECT_EQ(numbers[19], 19);
}

TEST(Head, GathersATraceFromSeveralBatches) {
  Head head;
  EXPECT_TRUE(head.empty());
  EXPECT_EQ(head.part(Tenant()), nullptr);
  insert(head, 3, batch_of({{.trace = 1, .span = 1, .start = 20}, {.trace = 2, .span = 2}}));
  insert(head, 4, batch_of({{.trace = 1, .span = 3, .start = 10}}));
  EXPECT_EQ(head.spans(), 3u);
  EXPECT_EQ(head.traces(), 2u);
  EXPECT_EQ(head.log_end(), 5u);
  EXPECT_GT(head.bytes(), 3 * sizeof(HeadRow));

  auto part = head.part(Tenant());
  EXPECT_EQ(part->extent_of(trace_id(1)).value()->start, 10u);
  EXPECT_FALSE(part->extent_of(trace_id(9)).value());
  std::vector<SpanId> ids;
  auto visit = [&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
    ids.push_back(batch.decode(ref).span_id);
  };
  ASSERT_TRUE(part->visit_spans(trace_id(1), {}, visit));
  EXPECT_EQ(ids, (std::vector{otlp::testing::span_id(1), otlp::testing::span_id(3)}));
}

TEST(Head, FindsRareValuesFarBehindTheNewest) {
  Head head;
  std::vector<otlp::testing::SpanSpec> spans;
  for (uint64_t i = 1; i <= 2000; ++i)
    spans.push_back({.trace = i,
                     .span = i,
                     .start = 1000 + i,
                     .attributes = {{"n", i % 500 == 7 ? "rare" : "common"}}});
  insert(head, 0, batch_of(spans));
  ManualClock clock(0);
  auto found = find_traces({head.part(Tenant())}, testing::query({.tags = {{"n", "rare"}}}), 3,
                           clock, testing::kNoDeadline);
  EXPECT_TRUE(found.complete);
  ASSERT_EQ(found.traces.size(), 3u);
  EXPECT_EQ(found.traces[0].id, trace_id(1507));
  EXPECT_EQ(found.traces[2].id, trace_id(507));
}

TEST(Head, TenantsDoNotSeeEachOther) {
  Head head;
  Tenant other = Tenant::parse("other").value();
  insert(head, 0, batch_of({{.trace = 1}}));
  insert(head, 1, batch_of({{.trace = 2, .service = "theirs"}}), other);
  EXPECT_FALSE(head.part(Tenant())->extent_of(trace_id(2)).value());
  EXPECT_FALSE(head.part(other)->extent_of(trace_id(1)).value());
  std::vector<std::string> services;
  ASSERT_TRUE(head.part(other)->visit_operations(
      [&](const OperationKey& key) { services.push_back(key.service); }));
  EXPECT_EQ(services, std::vector<std::string>{"theirs"});
}

TEST(Head, OffersTracesNewestFirst) {
  Head head;
  insert(head, 0,
         batch_of({{.trace = 1, .start = 10},
                   {.trace = 2, .start = 30},
                   {.trace = 3, .start = 20},
                   {.trace = 2, .start = 5}}));
  Query query = testing::query({.service = "shop", .start_max = 25});
  auto search = head.part(Tenant())->search(query).value();
  std::vector<std::pair<TraceId, UnixNanos>> offered;
  while (auto bound = search->next_start())
    if (auto id = search->take().value()) offered.emplace_back(*id, *bound);
  EXPECT_EQ(offered, (std::vector<std::pair<TraceId, UnixNanos>>{
                         {trace_id(3), 20}, {trace_id(1), 10}, {trace_id(2), 5}}));
}

TEST(Head, CountsTheMemoryItTakes) {
  Head head;
  insert(head, 0, batch_of({{.trace = 1}}));
  uint64_t before = head.bytes();
  for (uint64_t i = 0; i < 1000; ++i)
    insert(head, i + 1,
           batch_of({{.trace = i, .attributes = {{"fat", std::string(5000, 'x') + char(i)}}}}));
  EXPECT_GT(head.bytes() - before, 1000u * 5000 / 4);  // values that are there already cost nothing
  EXPECT_LT(head.bytes() - before, 1000u * 6000);
}

TEST(Head, ASnapshotDoesNotSeeWhatComesLater) {
  Head head;
  insert(head, 0, batch_of({{.trace = 1, .attributes = {{"a", "x"}}}}));
  HeadSnapshot snapshot = head.tenants().front().spans->snapshot();
  for (uint64_t i = 0; i < 5000; ++i)
    insert(head, i + 1,
           batch_of({{.trace = 2 + i, .name = fmt::format("n{}", i), .attributes = {{"b", "y"}}}}));
  EXPECT_EQ(snapshot.operations(), 1u);
  EXPECT_EQ(snapshot.columns(), 1u);
  EXPECT_EQ(snapshot.shapes(), 1u);
  Row row = snapshot.row(0);
  ASSERT_EQ(snapshot.shape(row.shape).size(), 1u);
  EXPECT_EQ(snapshot.value(0, row.cells[0]), "x");
}

}  // namespace
}  // namespace clew::store
