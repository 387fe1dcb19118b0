#include "receive/kafka_endpoint.h"

#include <gtest/gtest.h>
#include <jaeger/api_v2/model.pb.h>
#include <zipkin.pb.h>

#include "otlp/attribute_writer.h"
#include "otlp/json_writer.h"
#include "otlp/testing.h"
#include "receive/recording_sink.h"

namespace clew::receive {
namespace {

using otlp::testing::request_bytes;

const std::string kTrace(16, '\x01');
const std::string kSpan(8, '\x02');

class KafkaEndpoint : public ::testing::Test {
 protected:
  Result<void> take(std::string_view encoding, std::string value, net::HttpFields headers = {}) {
    return answer_of(kafka_spans(encoding, sink_.sink()), std::move(value), std::move(headers));
  }

  static Result<void> answer_of(const net::KafkaHandler& handler, std::string value,
                                net::HttpFields headers = {}) {
    std::optional<Result<void>> answer;
    net::KafkaMessage message{.topic = "t",
                              .key = {},
                              .headers = std::move(headers),
                              .value = SharedBytes::take(std::move(value))};
    handler(message, [&](Result<void> result) { answer = std::move(result); });
    EXPECT_TRUE(answer.has_value()) << "not answered";
    return answer.value_or(fail(Code::kTimeout, "not answered"));
  }

  /// The one span that arrived.
  otlp::Span span() const {
    auto received = sink_.received();
    EXPECT_EQ(received.size(), 1u);
    if (received.size() != 1 || received[0].second.spans().size() != 1) return {};
    batch_ = received[0].second;
    return batch_.decode(batch_.spans()[0]);
  }

  testing::RecordingSink sink_;
  mutable otlp::Batch batch_;
};

TEST_F(KafkaEndpoint, OtlpAsItIsAndAsJson) {
  std::string request = request_bytes({{.span = 1}});
  ASSERT_TRUE(take("otlp_proto", request));
  ASSERT_TRUE(take("otlp_json", otlp::request_json(request)));
  auto received = sink_.received();
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0].second.bytes().view(), request);
  EXPECT_EQ(received[1].second.bytes().view(), request);
}

TEST_F(KafkaEndpoint, AJaegerSpanWithItsProcess) {
  jaeger::api_v2::Span jaeger;
  jaeger.set_trace_id(kTrace);
  jaeger.set_span_id(kSpan);
  jaeger.set_operation_name("work");
  jaeger.mutable_process()->set_service_name("shop");
  ASSERT_TRUE(take("jaeger_proto", jaeger.SerializeAsString()));
  EXPECT_EQ(span().name, "work");
  EXPECT_EQ(batch_.resources()[0].service_name, "shop");
}

TEST_F(KafkaEndpoint, ZipkinInJsonAndProtobuf) {
  zipkin::proto3::ListOfSpans list;
  zipkin::proto3::Span& zipkin = *list.add_spans();
  zipkin.set_trace_id(kTrace);
  zipkin.set_id(kSpan);
  zipkin.set_name("work");
  ASSERT_TRUE(take("zipkin_proto", list.SerializeAsString()));
  EXPECT_EQ(span().name, "work");
  ASSERT_TRUE(take("zipkin_json", R"([{"traceId":"1","id":"2","name":"work"}])"));
  EXPECT_EQ(sink_.received().size(), 2u);
}

TEST_F(KafkaEndpoint, ZipkinInThrift) {
  // list<struct> of one span: 1: i64 trace_id, 3: string name, 4: i64 id.
  std::string thrift("\x0c\0\0\0\x01\x0a\0\x01\0\0\0\0\0\0\0\x01", 16);
  thrift += std::string("\x0b\0\x03\0\0\0\x04work", 11);
  thrift += std::string("\x0a\0\x04\0\0\0\0\0\0\0\x02\0", 12);
  ASSERT_TRUE(take("zipkin_thrift", thrift));
  EXPECT_EQ(span().name, "work");
}

TEST_F(KafkaEndpoint, TheTenantIsAHeader) {
  std::string request = request_bytes({{.span = 1}});
  ASSERT_TRUE(take("otlp_proto", request, {{"other", "x"}, {"X-Scope-OrgID", "acme"}}));
  EXPECT_EQ(sink_.received()[0].first, "acme");
  EXPECT_FALSE(take("otlp_proto", request, {{"X-Scope-OrgID", "not/one"}}));
}

TEST_F(KafkaEndpoint, WhatCannotBeReadIsNotWorthAnotherTry) {
  for (auto encoding : {"otlp_proto", "otlp_json", "jaeger_proto", "zipkin_proto", "zipkin_json",
                        "zipkin_thrift"}) {
    ASSERT_TRUE(is_kafka_span_encoding(encoding));
    auto answer = take(encoding, "\x0a\x7fno");
    ASSERT_FALSE(answer) << encoding;
    EXPECT_FALSE(is_retryable(answer.error())) << encoding << ": " << answer.error().message;
  }
  EXPECT_TRUE(sink_.received().empty());
  EXPECT_FALSE(is_kafka_span_encoding("avro"));
}

TEST_F(KafkaEndpoint, ARefusalIsPassedOn) {
  sink_.refuse_with(Error{Code::kUnavailable, "full"});
  auto answer = take("otlp_proto", request_bytes({{.span = 1}}));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(is_retryable(answer.error()));
}

TEST_F(KafkaEndpoint, LogsInBothForms) {
  std::string record, scope, group, request;
  otlp::append_field(record, 5, otlp::testing::any_string("a line"));
  otlp::append_field(scope, 2, record);
  otlp::append_field(group, 2, scope);
  otlp::append_field(request, 1, group);
  auto handler = [&](const char* encoding) {
    return kafka_payloads(encoding, otlp::Signal::kLogs, sink_.payload_sink());
  };
  ASSERT_TRUE(answer_of(handler("otlp_proto"), request));
  ASSERT_TRUE(answer_of(
      handler("otlp_json"),
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a line"}}]}]}]})"));
  ASSERT_EQ(sink_.payloads().size(), 2u);
  EXPECT_EQ(sink_.payloads()[0].second.bytes().view(), sink_.payloads()[1].second.bytes().view());
  EXPECT_FALSE(is_kafka_payload_encoding("jaeger_proto"));
}

}  // namespace
}  // namespace clew::receive
