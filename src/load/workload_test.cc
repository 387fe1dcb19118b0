#include "load/workload.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace clew::load {
namespace {

constexpr size_t kSpansPerRequest = 512;

/// The spans of several requests, with what is asked of them below.
struct Sample {
  explicit Sample(uint64_t seed, int requests = 60) {
    Workload workload(seed);
    for (int i = 0; i < requests; ++i) add(workload);
  }

  void add(Workload& workload) {
    auto batch = otlp::Batch::index(SharedBytes::take(workload.next_request(kSpansPerRequest)));
    ASSERT_TRUE(batch) << batch.error().message;
    bytes += batch->bytes().size();
    for (const otlp::SpanRef& ref : batch->spans()) {
      otlp::Span span = batch->decode(ref);
      keys.emplace(span.trace_id, span.span_id);
      traces[span.trace_id]++;
      services.emplace(batch->resource_of(ref).service_name);
      ++spans;
      proxies += span.attributes().find("component").has_value();
    }
  }

  size_t spans = 0, bytes = 0, proxies = 0;
  std::set<std::pair<TraceId, SpanId>> keys;
  std::map<TraceId, size_t> traces;
  std::set<std::string> services;
};

TEST(Workload, NamesEverySpanOnce) {
  Sample sample(1), other(2);
  EXPECT_EQ(sample.keys.size(), sample.spans);
  for (const auto& key : other.keys) EXPECT_FALSE(sample.keys.contains(key));
}

TEST(Workload, IsWhatTheFiguresSay) {
  Sample sample(1);
  EXPECT_EQ(sample.services.size(), 20u);
  EXPECT_NEAR(double(sample.bytes) / double(sample.spans), 870, 30);
  EXPECT_NEAR(double(sample.proxies) / double(sample.spans), 0.88, 0.02);
}

TEST(Workload, TracesHaveEightSpansOnAverageAndSpanRequests) {
  Sample sample(1, 600);
  // Spans of the newest traces wait for later requests.
  EXPECT_NEAR(double(sample.spans) / double(sample.traces.size()), 8, 0.2);
  Sample one_request(1, 1);
  EXPECT_LT(double(one_request.spans) / double(one_request.traces.size()), 2);
}

TEST(Workload, TellsWhichSpansTheLastRequestHad) {
  Workload workload(3);
  auto batch = otlp::Batch::index(SharedBytes::take(workload.next_request(100))).value();
  std::set<std::pair<TraceId, SpanId>> sent, told;
  for (const otlp::SpanRef& ref : batch.spans())
    sent.emplace(ref.trace_id, batch.decode(ref).span_id);
  for (const SpanKey& span : workload.last_spans()) told.emplace(span.trace_id, span.span_id);
  EXPECT_EQ(told.size(), 100u);
  EXPECT_EQ(told, sent);
}

}  // namespace
}  // namespace clew::load
