#include "agent/export/zipkin_json.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;

std::string zipkin(const std::vector<SpanSpec>& spans) {
  auto json = zipkin_json(SharedBytes::take(request_bytes(spans)));
  EXPECT_TRUE(json.has_value());
  return json.value_or("");
}

TEST(ZipkinJson, IsWhatZipkinTakes) {
  EXPECT_EQ(zipkin({{.trace = 1,
                     .span = 2,
                     .parent = 3,
                     .service = "shop",
                     .name = "GET /cart",
                     .start = 1'700'000'000'000'001'000,
                     .duration = 1'500'000,
                     .attributes = {{"http.method", "GET"}}}}),
            R"([{"traceId":"00000000000000000000000000000001","id":"0000000000000002",)"
            R"("parentId":"0000000000000003","name":"GET /cart","kind":"SERVER",)"
            R"("timestamp":1700000000000001,"duration":1500,)"
            R"("localEndpoint":{"serviceName":"shop"},"tags":{"http.method":"GET"}}])");
}

TEST(ZipkinJson, OfNothingIsAnEmptyList) {
  EXPECT_EQ(zipkin({}), "[]");
  EXPECT_FALSE(zipkin_json(SharedBytes::copy("\xFF")).has_value());
}

TEST(ZipkinJson, EndpointsComeFromTheAgreedAttributes) {
  std::string json = zipkin({{.attributes = {{"net.host.ip", "10.0.0.1"},
                                             {"net.host.port", "80"},
                                             {"peer.service", "db"},
                                             {"net.peer.ip", "::1"},
                                             {"net.peer.port", "5432"}}}});
  EXPECT_NE(json.find(R"("localEndpoint":{"serviceName":"shop","ipv4":"10.0.0.1","port":80},)"
                      R"("remoteEndpoint":{"serviceName":"db","ipv6":"::1","port":5432}})"),
            json.npos)
      << json;
}

TEST(ZipkinJson, WhatZipkinSentBecomesFieldsAgain) {
  std::string json = zipkin(
      {{.service = "shop",
        .attributes = {{"net.host.ip", "10.0.0.1"},
                       {"zipkin.localEndpoint.ipv6", "::1"},
                       {"peer.service", "a tag"},
                       {"zipkin.remoteEndpoint.serviceName", "db"},
                       {"net.peer.ip", "10.0.0.2"},
                       {"zipkin.tags", "net.peer.ip,peer.service"}},
        .extra_key_values = {key_value("zipkin.shared", any_bool(true)),
                             key_value("otel.zipkin.absentField.startTime", any_bool(true))}}});
  EXPECT_NE(json.find(R"("localEndpoint":{"serviceName":"shop","ipv4":"10.0.0.1","ipv6":"::1"},)"
                      R"("remoteEndpoint":{"serviceName":"db"},"shared":true,)"
                      R"("tags":{"net.peer.ip":"10.0.0.2","peer.service":"a tag"}}])"),
            json.npos)
      << json;
  EXPECT_EQ(json.find("timestamp"), json.npos) << json;
}

TEST(ZipkinJson, StatusAndKindBecomeTags) {
  std::string failed =
      zipkin({{.kind = otlp::SpanKind::kInternal, .status = otlp::StatusCode::kError}});
  EXPECT_NE(
      failed.find(R"("tags":{"error":"true","otel.status_code":"ERROR","span.kind":"internal"})"),
      failed.npos)
      << failed;
  std::string fine =
      zipkin({{.status = otlp::StatusCode::kOk, .attributes = {{"error", "false"}}}});
  EXPECT_NE(fine.find(R"("tags":{"otel.status_code":"OK"})"), fine.npos) << fine;
}

TEST(ZipkinJson, ASpanThatOnlyItsAttributeCallsFailedStaysFailed) {
  std::string json = zipkin({{.attributes = {{"error", "true"}}}});
  EXPECT_NE(json.find(R"("tags":{"error":"true"})"), json.npos) << json;
}

TEST(ZipkinJson, DurationsRoundToMicrosecondsAndAreNeverZero) {
  for (auto [nanos, micros] : {std::pair{1, 1}, {499, 1}, {1499, 1}, {1500, 2}}) {
    std::string json = zipkin({{.duration = static_cast<UnixNanos>(nanos)}});
    EXPECT_NE(json.find(fmt::format(R"("duration":{},)", micros)), json.npos) << json;
  }
  EXPECT_EQ(zipkin({{.duration = 0}}).find("duration"), std::string::npos);
}

}  // namespace
}  // namespace clew::agent
