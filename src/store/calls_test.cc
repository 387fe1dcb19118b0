#include "store/calls.h"

#include <gtest/gtest.h>

#include <map>

#include "base/limits.h"

namespace clew::store {
namespace {

using otlp::SpanKind;

enum Service : uint32_t { kEdge, kShop, kPay };

/// Calls found, by parent and child.
std::map<std::pair<uint32_t, uint32_t>, int> find(const std::vector<CallSpan>& spans) {
  CallEdges edges;
  std::map<std::pair<uint32_t, uint32_t>, int> found;
  CallFinder().find(spans, edges, [&](const CallSpan&, uint32_t edge) {
    ++found[{edges.pairs()[edge].parent, edges.pairs()[edge].child}];
  });
  return found;
}

using Found = std::map<std::pair<uint32_t, uint32_t>, int>;

TEST(CallFinder, CountsCallsBetweenServicesOnly) {
  EXPECT_EQ(find({{.id = 1, .service = kEdge},
                  {.id = 2, .parent = 1, .service = kEdge, .kind = SpanKind::kClient},
                  {.id = 3, .parent = 2, .service = kShop},
                  {.id = 4, .parent = 3, .service = kPay, .is_error = true},
                  {.id = 5, .parent = 3, .service = kPay},
                  {.id = 6, .parent = 77, .service = kPay}}),
            (Found{{{kEdge, kShop}, 1}, {{kShop, kPay}, 2}}));
}

TEST(CallFinder, AClientAndAServerMayShareASpanId) {
  EXPECT_EQ(find({{.id = 1, .service = kEdge},
                  {.id = 2, .parent = 1, .service = kShop, .kind = SpanKind::kServer},
                  {.id = 2, .parent = 1, .service = kEdge, .kind = SpanKind::kClient},
                  {.id = 3, .parent = 2, .service = kPay}}),
            (Found{{{kEdge, kShop}, 1}, {{kShop, kPay}, 1}}));
}

TEST(CallFinder, WhatWasSentTwiceCountsOnce) {
  CallSpan call{.id = 2, .parent = 1, .start = 5, .duration = 7, .service = kShop};
  CallSpan longer = call;
  longer.duration = 8;
  EXPECT_EQ(find({{.id = 1, .service = kEdge}, call, call}), (Found{{{kEdge, kShop}, 1}}));
  EXPECT_EQ(find({call, {.id = 1, .service = kEdge}, longer, call}), (Found{{{kEdge, kShop}, 2}}));
}

TEST(CallFinder, NothingFromNothing) {
  EXPECT_EQ(find({}), Found{});
  EXPECT_EQ(find({{.id = 1, .parent = 1, .service = kEdge}}), Found{});
}

TEST(DurationBuckets, TheirMiddleIsNearWhatIsInThem) {
  for (uint64_t nanos = 1024; nanos < uint64_t{1} << 44; nanos += nanos / 37 + 1) {
    uint32_t bucket = duration_buckets::of(nanos);
    ASSERT_LT(bucket, duration_buckets::kCount);
    auto middle = static_cast<double>(duration_buckets::middle(bucket));
    ASSERT_NEAR(middle / static_cast<double>(nanos), 1, 1.0 / 16) << nanos;
    ASSERT_GE(bucket, duration_buckets::of(nanos - 1));
  }
  EXPECT_EQ(duration_buckets::of(0), 0u);
  EXPECT_EQ(duration_buckets::of(1023), 0u);
  EXPECT_EQ(duration_buckets::of(1024), 1u);
  EXPECT_EQ(duration_buckets::of(UINT64_MAX), duration_buckets::kCount - 1);
}

Call call(CallEdges& edges, const char* parent, const char* child, uint64_t millis,
          bool is_error = false) {
  uint32_t edge = edges.edge(edges.service(parent), edges.service(child));
  return call_of({.start = millis, .duration = millis * 1'000'000, .is_error = is_error}, edge);
}

TEST(CallTable, AddsTablesOfOtherNumbers) {
  CallTable a, b;
  a.add(call(a.names(), "edge", "shop", 1));
  b.add(call(b.names(), "shop", "pay", 2, true));
  b.add(call(b.names(), "edge", "shop", 100));
  CallList list;
  for (uint64_t millis : {10, 20, 30}) list.calls.push_back(call(list.edges, "a", "b", millis));
  a.add(b);
  a.add(b.packed());
  a.add(list, {15, 25});
  std::map<std::string, std::pair<int64_t, int64_t>> sums;
  for (size_t i = 0; i < a.edges().size(); ++i) {
    CallEdges::Pair pair = a.names().pairs()[i];
    sums[a.names().services()[pair.parent] + ">" + a.names().services()[pair.child]] = {
        a.edges()[i].calls, a.edges()[i].errors};
  }
  EXPECT_EQ(sums, (decltype(sums){{"edge>shop", {3, 0}}, {"shop>pay", {2, 2}}, {"a>b", {1, 0}}}));
}

TEST(CallTable, QuantilesAreNearTheTrueOnes) {
  CallTable table;
  for (uint64_t millis = 1; millis <= 1000; ++millis)
    table.add(call(table.names(), "edge", "shop", millis));
  const CallTable::Edge& edge = table.edges()[0];
  for (auto [quantile, millis] : {std::pair{0.5, 500}, {0.95, 950}, {0.99, 990}, {0.0, 1}})
    EXPECT_NEAR(static_cast<double>(edge.quantile(quantile)) / 1e6, millis, millis / 16.0);
  table.add(call(table.names(), "edge", "shop", 1000), -1);
  EXPECT_EQ(edge.calls, 999);
  EXPECT_EQ(CallTable::Edge().quantile(0.5), 0u);
}

TEST(CallTable, SaysWhenThereAreTooManyPairs) {
  CallTable table;
  for (size_t i = 0; i < limits::kCallEdges; ++i)
    table.add(call(table.names(), "edge", std::to_string(i).c_str(), 1));
  EXPECT_FALSE(table.is_cut());
  table.add(call(table.names(), "edge", "one more", 1));
  EXPECT_TRUE(table.is_cut());
  CallTable other;
  other.add(table.packed());
  EXPECT_TRUE(other.is_cut());
  EXPECT_EQ(other.edges().size(), limits::kCallEdges);
}

}  // namespace
}  // namespace clew::store
