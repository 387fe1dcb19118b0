#include "agent/export/messages.h"

#include <gtest/gtest.h>
#include <jaeger/api_v2/model.pb.h>
#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>

#include <set>

#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using Request = opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;

SharedBytes three_spans_of_two_traces() {
  return SharedBytes::take(
      request_bytes({{.trace = 1, .span = 1}, {.trace = 2, .span = 2}, {.trace = 1, .span = 3}}));
}

std::vector<EncodedMessage> encoded(const SharedBytes& request, const MessageOptions& options) {
  auto messages = messages_of_spans(request, options);
  EXPECT_TRUE(messages.has_value());
  return messages ? *std::move(messages) : std::vector<EncodedMessage>();
}

std::vector<std::string> span_ids(const EncodedMessage& message) {
  Request request;
  EXPECT_TRUE(request.ParseFromString(std::string(message.value.view())));
  std::vector<std::string> ids;
  for (const auto& group : request.resource_spans())
    for (const auto& scope : group.scope_spans())
      for (const auto& span : scope.spans()) ids.push_back(span.span_id());
  return ids;
}

TEST(Messages, ARequestThatFitsGoesAsItIs) {
  SharedBytes request = three_spans_of_two_traces();
  auto messages = encoded(request, {});
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].key, "");
  EXPECT_EQ(messages[0].value.view(), request.view());
}

TEST(Messages, ByTraceEachHasItsOwnWithItsIdAsKey) {
  auto messages = encoded(three_spans_of_two_traces(), {.by_trace = true});
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].key.size(), 32u);
  EXPECT_NE(messages[0].key, messages[1].key);
  EXPECT_EQ(span_ids(messages[0]).size(), 2u);
  EXPECT_EQ(span_ids(messages[1]).size(), 1u);
}

TEST(Messages, WhatIsTooLargeIsDivided) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 1; i <= 100; ++i) spans.push_back({.trace = 1, .span = i});
  SharedBytes request = SharedBytes::take(request_bytes(spans));
  size_t most = request.size() / 7;
  std::set<std::string> ids;
  auto messages = encoded(request, {.max_bytes = most});
  EXPECT_GE(messages.size(), 7u);
  for (const EncodedMessage& message : messages) {
    EXPECT_LE(message.value.size(), most);
    for (std::string& id : span_ids(message)) ids.insert(std::move(id));
  }
  EXPECT_EQ(ids.size(), 100u);
}

TEST(Messages, ASpanThatNoMessageHoldsIsRefused) {
  for (auto encoding : {MessageEncoding::kOtlpProto, MessageEncoding::kJaegerProto}) {
    auto messages =
        messages_of_spans(three_spans_of_two_traces(), {.encoding = encoding, .max_bytes = 20});
    ASSERT_FALSE(messages.has_value());
    EXPECT_EQ(messages.error().code, Code::kTooLarge);
  }
}

TEST(Messages, JaegersSpansHaveTheirProcess) {
  auto messages = encoded(three_spans_of_two_traces(), {.encoding = MessageEncoding::kJaegerProto});
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0].key, messages[2].key);
  for (const EncodedMessage& message : messages) {
    jaeger::api_v2::Span span;
    ASSERT_TRUE(span.ParseFromString(std::string(message.value.view())));
    EXPECT_EQ(span.process().service_name(), "shop");
  }
}

TEST(Messages, BytesThatAreNoRequestAreAnError) {
  EXPECT_FALSE(messages_of_spans(SharedBytes::copy("no"), {}).has_value());
}

}  // namespace
}  // namespace clew::agent
