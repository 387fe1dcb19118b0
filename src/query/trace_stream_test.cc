#include "query/trace_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "query/shared_spans.h"
#include "store/testing.h"

namespace clew::query {
namespace {

using namespace otlp::testing;

constexpr UnixNanos kNow = 1'000'000'000'000'000'000;

struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

/// What a span is, with its resource.
std::string text_of(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  return std::string(batch.resource_of(ref).service_name) + "/" + std::string(batch.bytes_of(ref));
}

class TraceStreamTest : public ::testing::Test {
 protected:
  void append(const std::vector<SpanSpec>& spans) {
    CLEW_CHECK(sim_.append(batch_of(spans)).has_value());
  }

  std::unique_ptr<TraceStream> open(bool separate = true) {
    return TraceStream::open(*sim_.store, Tenant(), trace_id(1), separate).value();
  }

  static std::vector<std::string> spans_of(TraceStream& stream) {
    std::vector<std::string> spans;
    while (stream.next([&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
      spans.push_back(text_of(batch, ref));
    })) {
    }
    std::ranges::sort(spans);
    return spans;
  }

  static std::vector<std::string> spans_of(const otlp::Batch& batch) {
    std::vector<std::string> spans;
    for (const otlp::SpanRef& ref : batch.spans()) spans.push_back(text_of(batch, ref));
    std::ranges::sort(spans);
    return spans;
  }

  std::vector<std::string> whole() {
    return spans_of(sim_.store->trace(Tenant(), trace_id(1)).value().spans);
  }

  std::vector<SpanSpec> many(uint64_t first, uint64_t count) {
    std::vector<SpanSpec> spans;
    for (uint64_t i = first; i < first + count; ++i)
      spans.push_back({.span = i,
                       .parent = i / 2,
                       .service = i % 7 == 0 ? "edge" : "shop",
                       .start = kNow + i,
                       .attributes = {{"n", std::to_string(i)}}});
    return spans;
  }

  OpenStore sim_;
};

TEST_F(TraceStreamTest, ASpanWithoutAStartDoesNotStretchTheTrace) {
  append({{.span = 1, .start = kNow + 9, .duration = 500}, {.span = 2, .start = 0, .duration = 7}});
  TraceStream::Extent extent = open()->extent();
  EXPECT_EQ(extent.spans, 2u);
  EXPECT_EQ(extent.start, kNow + 9);
  EXPECT_EQ(extent.duration, 500u);
}

TEST_F(TraceStreamTest, OfSpansWithoutAStartHasNone) {
  append({{.span = 1, .start = 0, .duration = 7}});
  EXPECT_EQ(open()->extent().start, 0u);
  EXPECT_EQ(open()->extent().duration, 0u);
}

TEST_F(TraceStreamTest, HasAllSpansWhereverTheyLie) {
  append(many(1, 6000));
  ASSERT_TRUE(sim_.store->flush());
  append({{.trace = 2, .span = 1, .start = kNow}});
  append(many(6001, 5000));
  ASSERT_EQ(whole().size(), 11'000U);
  auto stream = open();
  size_t steps = 0, most = 0, all = 0;
  for (bool more = true; more; ++steps) {
    size_t here = 0;
    more = stream->next([&](const otlp::Batch&, const otlp::SpanRef&) { ++here; });
    most = std::max(most, here);
    all += here;
  }
  EXPECT_EQ(all, 11'000U);
  EXPECT_LE(most, 8192U);  // a row group
  EXPECT_GE(steps, 3U);
  EXPECT_TRUE(stream->complete());
  EXPECT_EQ(spans_of(*open()), whole());
}

TEST_F(TraceStreamTest, ASpanThatWasSentTwiceComesOnce) {
  append(many(1, 10));
  ASSERT_TRUE(sim_.store->flush());
  append(many(5, 10));
  EXPECT_EQ(whole().size(), 14U);
  EXPECT_EQ(spans_of(*open()), whole());
}

TEST_F(TraceStreamTest, SpansThatDifferInAttributesOnlyBothCome) {
  append({{.span = 1, .start = kNow, .attributes = {{"n", "1"}}}});
  append({{.span = 1, .start = kNow, .attributes = {{"n", "2"}}}});
  EXPECT_EQ(spans_of(*open()).size(), 2U);
}

TEST_F(TraceStreamTest, SharedSpansAreSeparatedWhereThatIsWanted) {
  std::string shared = key_value("zipkin.shared", any_bool(true));
  append({{.span = 1,
           .service = "edge",
           .name = "client",
           .kind = otlp::SpanKind::kClient,
           .start = kNow},
          {.span = 1, .name = "server", .start = kNow + 1, .extra_key_values = {shared}},
          {.span = 2, .parent = 1, .name = "child", .start = kNow + 2}});
  auto stored = sim_.store->trace(Tenant(), trace_id(1)).value().spans;
  EXPECT_EQ(spans_of(*open(/*separate=*/true)), spans_of(separate_shared_spans(stored)));
  EXPECT_EQ(spans_of(*open(/*separate=*/false)), spans_of(stored));
}

TEST_F(TraceStreamTest, IsReportedUnderTheFullerId) {
  append({{.trace = 1, .span = 1, .start = kNow},
          {.trace = 1, .span = 2, .start = kNow, .trace_high = 9}});
  EXPECT_EQ(open()->id(), trace_id(1, 9));
  EXPECT_EQ(open()->sent_ids(), (std::set<TraceId>{trace_id(1), trace_id(1, 9)}));
  EXPECT_EQ(spans_of(*open()).size(), 2U);
}

TEST_F(TraceStreamTest, TheFingerprintIsOfTheSpansAndNotOfTheirPlace) {
  append(many(1, 100));
  append(many(101, 100));
  std::string before = open()->fingerprint();
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(open()->fingerprint(), before);
  append(many(201, 1));
  EXPECT_NE(open()->fingerprint(), before);
}

/// What is read is the state in which it was opened.
TEST_F(TraceStreamTest, AFlushInTheMiddleDoesNotMatter) {
  append(many(1, 6000));
  auto stream = open();
  size_t all = 0;
  auto count = [&](const otlp::Batch&, const otlp::SpanRef&) { ++all; };
  ASSERT_TRUE(stream->next(count));
  append(many(6001, 10));
  ASSERT_TRUE(sim_.store->flush());
  while (stream->next(count)) {
  }
  EXPECT_EQ(all, 6000U);
}

TEST_F(TraceStreamTest, ThereIsNoneOfATraceThatIsNotThere) {
  auto stream = TraceStream::open(*sim_.store, Tenant(), trace_id(3), true);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace clew::query
