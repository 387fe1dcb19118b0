#include "store/head.h"

#include <gtest/gtest.h>

#include "store/stable_vector.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::testing::batch_of;
using otlp::testing::trace_id;

void insert(Head& head, LogPosition position, const otlp::Batch& batch, const Tenant& tenant = {}) {
  head.insert(position, tenant, batch, facts_of(batch));
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
  EXPECT_GT(head.bytes(), 3 * sizeof(HeadTenant::Row));

  auto part = head.part(Tenant());
  EXPECT_EQ(part->start_of(trace_id(1)).value(), 10u);
  EXPECT_FALSE(part->start_of(trace_id(9)).value());
  std::vector<SpanId> ids;
  auto visit = [&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
    ids.push_back(batch.decode(ref).span_id);
  };
  ASSERT_TRUE(part->visit_spans(trace_id(1), visit));
  EXPECT_EQ(ids, (std::vector{otlp::testing::span_id(1), otlp::testing::span_id(3)}));
}

TEST(Head, TenantsDoNotSeeEachOther) {
  Head head;
  Tenant other = Tenant::parse("other").value();
  insert(head, 0, batch_of({{.trace = 1}}));
  insert(head, 1, batch_of({{.trace = 2, .service = "theirs"}}), other);
  EXPECT_FALSE(head.part(Tenant())->start_of(trace_id(2)).value());
  EXPECT_FALSE(head.part(other)->start_of(trace_id(1)).value());
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
  Filter filter{.service = "shop", .start_max = 25};
  auto search = head.part(Tenant())->search(filter).value();
  EXPECT_EQ(search->next_start(), 20u);
  EXPECT_EQ(search->take().value(), trace_id(3));
  EXPECT_EQ(search->next_start(), 10u);
  EXPECT_EQ(search->take().value(), trace_id(1));
  EXPECT_EQ(search->next_start(), 5u);
  EXPECT_EQ(search->take().value(), trace_id(2));
  EXPECT_FALSE(search->next_start());
}

TEST(Head, VisitsTracesInOrderOfId) {
  Head head;
  insert(head, 0, batch_of({{.trace = 2, .span = 1}, {.trace = 1, .span = 2}}));
  insert(head, 1, batch_of({{.trace = 2, .span = 3}}));
  std::vector<std::pair<TraceId, size_t>> seen;
  auto visited = Head::visit_traces(head.tenants().front(), [&](auto spans) -> Result<void> {
    seen.emplace_back(spans.front().second->trace_id, spans.size());
    return {};
  });
  ASSERT_TRUE(visited);
  EXPECT_EQ(seen, (std::vector<std::pair<TraceId, size_t>>{{trace_id(1), 1}, {trace_id(2), 2}}));
}

}  // namespace
}  // namespace clew::store
