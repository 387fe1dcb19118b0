#include "receive/ingest.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"
#include "receive/recording_sink.h"

namespace clew::receive {
namespace {

using otlp::testing::request_bytes;

/// One way in, with a transport of its own so that its counters start at zero.
class IngestTest : public ::testing::Test {
 protected:
  Result<Ingest::Taken> take(Result<SharedBytes> request, Result<Tenant> tenant = Tenant()) {
    std::optional<Result<Ingest::Taken>> answer;
    ingest_->take(100, tenant, std::move(request), [&](Result<Ingest::Taken> result) {
      EXPECT_FALSE(answer.has_value()) << "answered twice";
      answer = std::move(result);
    });
    EXPECT_TRUE(answer.has_value()) << "not answered";
    return answer.value_or(fail(Code::kTimeout, "not answered"));
  }

  double count(const std::string& name, metrics::Labels labels = {}) const {
    labels.insert({{"receiver", "test"}, {"transport", transport()}});
    return metrics::counter(name, "", labels).Value();
  }

  static std::string transport() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  testing::RecordingSink sink_;
  std::shared_ptr<Ingest> ingest_ = Ingest::make("test", transport(), sink_.sink());
};

TEST_F(IngestTest, GivesTheBatchToTheSinkAndCountsIt) {
  auto taken = take(SharedBytes::take(request_bytes({{.span = 1}, {.span = 2}})));
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->rejected_spans, 0u);
  ASSERT_EQ(sink_.received().size(), 1u);
  EXPECT_EQ(sink_.received()[0].first, "anonymous");
  EXPECT_EQ(sink_.received()[0].second.spans().size(), 2u);
  EXPECT_EQ(count("clew_receiver_accepted_spans_total"), 2);
  EXPECT_EQ(count("clew_receiver_requests_total", {{"outcome", "accepted"}}), 1);
  EXPECT_EQ(count("clew_receiver_request_bytes_total"), 100);
}

TEST_F(IngestTest, SpansWithoutIdsAreLeftOutAndSaid) {
  auto taken = take(SharedBytes::take(request_bytes({{.span = 1}, {.span = 0}})));
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->rejected_spans, 1u);
  EXPECT_EQ(taken->message, "spans without a trace ID or a span ID were left out");
  EXPECT_EQ(sink_.received()[0].second.spans().size(), 1u);
  EXPECT_EQ(count("clew_receiver_accepted_spans_total"), 1);
  EXPECT_EQ(count("clew_receiver_refused_spans_total", {{"reason", "no_id"}}), 1);
}

TEST_F(IngestTest, ARequestWithoutSpansSucceedsWithoutTheSink) {
  sink_.refuse_with(Error{Code::kUnavailable, "full"});
  EXPECT_TRUE(take(SharedBytes()).has_value());
  EXPECT_EQ(take(SharedBytes::take(request_bytes({{.span = 0}})))->rejected_spans, 1u);
}

TEST_F(IngestTest, AnOverloadedSinkAlwaysSaysWhenToRetry) {
  SharedBytes request = SharedBytes::take(request_bytes({{.span = 1}}));
  sink_.refuse_with(Error{Code::kUnavailable, "full"});
  EXPECT_EQ(take(request).error().retry_after, std::chrono::milliseconds(1000));
  sink_.refuse_with(Error{Code::kUnavailable, "full", std::chrono::milliseconds(7000)});
  EXPECT_EQ(take(request).error().retry_after, std::chrono::milliseconds(7000));
  EXPECT_EQ(count("clew_receiver_refused_spans_total", {{"reason", "unavailable"}}), 2);
  EXPECT_EQ(count("clew_receiver_requests_total", {{"outcome", "unavailable"}}), 2);
  EXPECT_EQ(count("clew_receiver_accepted_spans_total"), 0);
}

TEST_F(IngestTest, DamageAndErrorsOfEarlierStepsArePassedOnAndCounted) {
  EXPECT_EQ(take(SharedBytes::take("\x0A\xFF")).error().code, Code::kMalformed);
  EXPECT_EQ(take(fail(Code::kTooLarge, "a bomb")).error().message, "a bomb");
  EXPECT_EQ(take(SharedBytes(), Tenant::parse("a/b")).error().code, Code::kInvalid);
  for (std::string outcome : {"malformed", "too_large", "invalid"})
    EXPECT_EQ(count("clew_receiver_requests_total", {{"outcome", outcome}}), 1) << outcome;
}

}  // namespace
}  // namespace clew::receive
