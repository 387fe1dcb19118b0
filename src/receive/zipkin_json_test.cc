#include "receive/zipkin_json.h"

#include <gtest/gtest.h>

#include <set>

#include "base/limits.h"
#include "otlp/batch.h"
#include "receive/decoder_testing.h"

namespace clew::receive {
namespace {

using otlp::Batch;
using otlp::Span;

Result<std::string> decode_v2(std::string_view json) {
  return zipkin_v2_json_to_otlp(json);
}

Batch batch_of(std::string_view json) {
  return testing::decoded(decode_v2, json);
}

std::string error_of(std::string_view json) {
  return testing::refusal(decode_v2, json);
}

/// One span with `fields` beside its IDs.
std::string with(std::string_view fields) {
  return fmt::format(R"([{{"traceId":"463ac35c9f6413ad48485a3953bb6124","id":"a2fb4a1d1a96d312",)"
                     R"("timestamp":1472470996199000,{}}}])",
                     fields);
}

/// The only span of a batch, with the batch that holds its bytes.
struct One {
  explicit One(std::string_view json) : batch(batch_of(json)) {
    EXPECT_EQ(batch.spans().size(), 1u) << json;
    if (!batch.spans().empty()) span = batch.decode(batch.spans()[0]);
  }
  std::string attribute(std::string_view key) const {
    auto value = span.attributes().find(key);
    return value ? value->text() : "(none)";
  }
  Batch batch;
  Span span;
};

/// As Envoy 1.40 sends it.
constexpr std::string_view kEnvoy = R"([{
  "traceId": "463ac35c9f6413ad48485a3953bb6124", "parentId": "48485a3953bb6124",
  "name": "router shop egress", "id": "a2fb4a1d1a96d312", "kind": "CLIENT",
  "timestamp": 1472470996199000, "duration": 207000,
  "localEndpoint": {"serviceName": "edge", "ipv4": "10.0.0.1", "port": 8080},
  "remoteEndpoint": {"serviceName": "shop", "ipv6": "::1", "port": 9000},
  "annotations": [{"timestamp": 1472470996238000, "value": "ws"},
                  {"timestamp": 1472470996403000, "value": "{\"a\":1}"}],
  "tags": {"http.status_code": "503", "error": "true", "datacenter": "fra1"}
}])";

TEST(ZipkinJson, MapsASpan) {
  One one(kEnvoy);
  EXPECT_EQ(one.span.trace_id.hex(), "463ac35c9f6413ad48485a3953bb6124");
  EXPECT_EQ(one.span.span_id.hex(), "a2fb4a1d1a96d312");
  EXPECT_EQ(one.span.parent_span_id.hex(), "48485a3953bb6124");
  EXPECT_EQ(one.span.name, "router shop egress");
  EXPECT_EQ(one.span.kind, otlp::SpanKind::kClient);
  EXPECT_EQ(one.span.start, 1472470996199000000u);
  EXPECT_EQ(one.span.duration(), 207000000u);
  EXPECT_EQ(one.batch.resources()[0].service_name, "edge");
  EXPECT_EQ(one.attribute("http.status_code"), "503");
  EXPECT_EQ(one.span.attributes().find("http.status_code")->type(), otlp::ValueType::kString);
  EXPECT_EQ(one.attribute("datacenter"), "fra1");
}

TEST(ZipkinJson, EndpointsBecomeAttributes) {
  One one(kEnvoy);
  EXPECT_EQ(one.attribute("net.host.ip"), "10.0.0.1");
  EXPECT_EQ(one.attribute("net.host.port"), "8080");
  EXPECT_EQ(one.span.attributes().find("net.host.port")->type(), otlp::ValueType::kInt);
  EXPECT_EQ(one.attribute("peer.service"), "shop");
  EXPECT_EQ(one.attribute("net.peer.ip"), "::1");
  EXPECT_EQ(one.attribute("net.peer.port"), "9000");
}

TEST(ZipkinJson, ATagWithTheNameOfAnEndpointsFieldStaysATag) {
  One one(with(R"("localEndpoint":{"port":80},"remoteEndpoint":{"serviceName":"db"},)"
               R"("tags":{"net.host.port":"8080","peer.service":"other"})"));
  EXPECT_EQ(one.attribute("net.host.port"), "8080");
  EXPECT_EQ(one.attribute("zipkin.localEndpoint.port"), "80");
  EXPECT_EQ(one.attribute("peer.service"), "other");
  EXPECT_EQ(one.attribute("zipkin.remoteEndpoint.serviceName"), "db");
  EXPECT_EQ(one.attribute("zipkin.tags"), "net.host.port,peer.service");
  std::set<std::string_view> keys;
  for (otlp::Attribute attribute : one.span.attributes())
    EXPECT_TRUE(keys.insert(attribute.key).second) << attribute.key;
}

TEST(ZipkinJson, BothAddressesOfAnEndpointAreKept) {
  One one(with(R"("localEndpoint":{"ipv4":"10.0.0.1","ipv6":"::1"},)"
               R"("remoteEndpoint":{"ipv6":"::2"})"));
  EXPECT_EQ(one.attribute("net.host.ip"), "10.0.0.1");
  EXPECT_EQ(one.attribute("zipkin.localEndpoint.ipv6"), "::1");
  EXPECT_EQ(one.attribute("net.peer.ip"), "::2");
  EXPECT_EQ(one.attribute("zipkin.remoteEndpoint.ipv6"), "(none)");
}

TEST(ZipkinJson, AnnotationsBecomeEventsUnparsed) {
  One one(kEnvoy);
  std::vector<otlp::Event> events;
  for (otlp::Event event : one.span.events()) events.push_back(event);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].time, 1472470996238000000u);
  EXPECT_EQ(events[0].name, "ws");
  EXPECT_EQ(events[1].name, R"({"a":1})");
}

TEST(ZipkinJson, ShortIdsArePaddedOnTheLeft) {
  One one(R"([{"traceId":"48485a3953bb6124","id":"5","parentId":"0000000000000000"}])");
  EXPECT_EQ(one.span.trace_id.hex(), "000000000000000048485a3953bb6124");
  EXPECT_EQ(one.span.span_id.hex(), "0000000000000005");
  EXPECT_TRUE(one.span.parent_span_id.is_zero());
}

TEST(ZipkinJson, IdsOf128BitsKeepBothHalves) {
  EXPECT_EQ(One(R"([{"traceId":"0463AC35c9f6413ad48485a3953bb612","id":"a2fb4a1d1a96d312"}])")
                .span.trace_id.hex(),
            "0463ac35c9f6413ad48485a3953bb612");
  EXPECT_EQ(One(R"([{"traceId":"1000000000000000000000000000000f","id":"a2fb4a1d1a96d312"}])")
                .span.trace_id.hex(),
            "1000000000000000000000000000000f");
}

TEST(ZipkinJson, KindsAreMapped) {
  using enum otlp::SpanKind;
  EXPECT_EQ(One(with(R"("kind":"CLIENT")")).span.kind, kClient);
  EXPECT_EQ(One(with(R"("kind":"SERVER")")).span.kind, kServer);
  EXPECT_EQ(One(with(R"("kind":"PRODUCER")")).span.kind, kProducer);
  EXPECT_EQ(One(with(R"("kind":"CONSUMER")")).span.kind, kConsumer);
  EXPECT_EQ(One(with(R"("kind":"OTHER")")).span.kind, kUnspecified);
  EXPECT_EQ(One(with(R"("kind":null)")).span.kind, kUnspecified);
  One internal(with(R"("tags":{"span.kind":"internal"})"));
  EXPECT_EQ(internal.span.kind, kInternal);
  EXPECT_EQ(internal.attribute("span.kind"), "(none)");
}

TEST(ZipkinJson, TheErrorTagIsTheStatus) {
  using enum otlp::StatusCode;
  One flag(with(R"("tags":{"error":"true"})"));
  EXPECT_EQ(flag.span.status, kError);
  EXPECT_EQ(flag.span.status_message, "");
  EXPECT_EQ(flag.attribute("error"), "(none)");
  One text(with(R"("tags":{"error":"timeout"})"));
  EXPECT_EQ(text.span.status, kError);
  EXPECT_EQ(text.span.status_message, "timeout");
  EXPECT_EQ(text.attribute("error"), "timeout");
  One empty(with(R"("tags":{"error":""})"));
  EXPECT_EQ(empty.span.status, kError);
  EXPECT_EQ(empty.span.status_message, "");
  EXPECT_EQ(empty.attribute("error"), "");
  EXPECT_EQ(One(with(R"("tags":{"error":true})")).span.status, kError);
  EXPECT_EQ(One(with(R"("tags":{"error":"false"})")).span.status, kUnset);
  EXPECT_EQ(One(with(R"("tags":{})")).span.status, kUnset);
}

TEST(ZipkinJson, TagsOfOpenTelemetryGoBackToTheirPlaces) {
  One one(with(R"("tags":{"otel.status_code":"ERROR","otel.status_description":"why",)"
               R"("error":"other","otel.scope.name":"lib","otel.scope.version":"2",)"
               R"("otel.library.name":"lib","otel.library.version":"2",)"
               R"("w3c.tracestate":"a=b","otel.dropped_events_count":"3","kept":"x"})"));
  EXPECT_EQ(one.span.status, otlp::StatusCode::kError);
  EXPECT_EQ(one.span.status_message, "why");
  EXPECT_EQ(one.batch.scopes()[0].name, "lib");
  EXPECT_EQ(one.batch.scopes()[0].version, "2");
  EXPECT_EQ(one.span.trace_state, "a=b");
  EXPECT_EQ(one.span.dropped_events, 3u);
  std::string keys;
  for (otlp::Attribute attribute : one.span.attributes()) keys += std::string(attribute.key) + ' ';
  EXPECT_EQ(keys, "zipkin.tags error kept ");
  EXPECT_EQ(one.attribute("zipkin.tags"), "otel.status_code");
  for (std::string_view ok : {"OK", "STATUS_CODE_OK", "Ok"}) {
    One named(with(fmt::format(R"("tags":{{"otel.status_code":"{}"}})", ok)));
    EXPECT_EQ(named.span.status, otlp::StatusCode::kOk) << ok;
  }
  One number(with(R"("tags":{"otel.dropped_events_count":"many"})"));
  EXPECT_EQ(number.attribute("otel.dropped_events_count"), "many");
}

TEST(ZipkinJson, SharedAndDebugAreAttributesAndTheIdIsKept) {
  One one(with(R"("shared":true,"debug":true,"parentId":"48485a3953bb6124")"));
  EXPECT_EQ(one.span.span_id.hex(), "a2fb4a1d1a96d312");
  EXPECT_EQ(one.span.parent_span_id.hex(), "48485a3953bb6124");
  EXPECT_EQ(one.attribute("zipkin.shared"), "true");
  EXPECT_EQ(one.attribute("zipkin.debug"), "true");
  EXPECT_EQ(One(with(R"("shared":false)")).attribute("zipkin.shared"), "(none)");
}

TEST(ZipkinJson, ASpanIsNotItsOwnParent) {
  EXPECT_TRUE(One(with(R"("parentId":"a2fb4a1d1a96d312")")).span.parent_span_id.is_zero());
}

TEST(ZipkinJson, WithoutATimestampTheFirstAnnotationStandsIn) {
  One one(R"([{"traceId":"1","id":"2","duration":5,"annotations":[)"
          R"({"timestamp":30,"value":"b"},{"timestamp":20,"value":"a"}]}])");
  EXPECT_EQ(one.span.start, 20'000u);
  EXPECT_EQ(one.span.end, 25'000u);
  EXPECT_EQ(one.attribute("otel.zipkin.absentField.startTime"), "true");
  One none(R"([{"traceId":"1","id":"2","duration":5}])");
  EXPECT_EQ(none.span.start, 0u);
  EXPECT_EQ(none.span.end, 5'000u);
  EXPECT_EQ(One(with(R"("name":"n")")).attribute("otel.zipkin.absentField.startTime"), "(none)");
}

TEST(ZipkinJson, TimesPastOtlpsAreRefused) {
  auto times = [](std::string_view fields) {
    return fmt::format(R"([{{"traceId":"1","id":"2",{}}}])", fields);
  };
  constexpr std::string_view kWhy = "[0]: its times are past the year 2554";
  EXPECT_EQ(One(times(R"("timestamp":18446744073709551)")).span.start, 18446744073709551000u);
  EXPECT_EQ(error_of(times(R"("timestamp":18446744073709552)")), kWhy);
  EXPECT_EQ(error_of(times(R"("timestamp":18446744073709551,"duration":1)")), kWhy);
  EXPECT_EQ(error_of(times(R"("annotations":[{"timestamp":18446744073709552}])")), kWhy);
}

TEST(ZipkinJson, SpansOfOneServiceAndScopeShareAResource) {
  Batch batch = batch_of(R"([
    {"traceId":"1","id":"1","localEndpoint":{"serviceName":"a","port":1}},
    {"traceId":"1","id":"2","localEndpoint":{"serviceName":"b"}},
    {"traceId":"1","id":"3","localEndpoint":{"serviceName":"a","port":2}},
    {"traceId":"1","id":"4","localEndpoint":{"serviceName":"a"},"tags":{"otel.scope.name":"s"}},
    {"traceId":"1","id":"5"}])");
  EXPECT_EQ(batch.resources().size(), 3u);
  EXPECT_EQ(batch.scopes().size(), 4u);
  ASSERT_EQ(batch.spans().size(), 5u);
  std::string order;
  for (const otlp::SpanRef& ref : batch.spans()) {
    order += std::string(batch.resource_of(ref).service_name) +
             std::to_string(batch.decode(ref).span_id.bytes[7]) + ' ';
  }
  EXPECT_EQ(order, "a1 a3 a4 b2 5 ");
}

TEST(ZipkinJson, AnEmptyListIsAnEmptyRequest) {
  EXPECT_EQ(*zipkin_v2_json_to_otlp("[]"), "");
}

TEST(ZipkinJson, SaysWhereASpanIsWrong) {
  auto fourth = [](std::string_view span) {
    std::string good = R"({"traceId":"1","id":"2"},)";
    return "[" + good + good + good + std::string(span) + "]";
  };
  EXPECT_EQ(error_of(fourth(R"({"id":"2"})")), "[3].traceId: missing");
  EXPECT_EQ(error_of(fourth(R"({"traceId":"1"})")), "[3].id: missing");
  EXPECT_EQ(error_of(fourth(R"({"traceId":null,"id":"2"})")), "[3].traceId: missing");
  EXPECT_EQ(error_of(fourth(R"({"traceId":"","id":"2"})")),
            "[3].traceId: 0 hex digits, 1 to 32 are needed");
  EXPECT_EQ(error_of(fourth(R"({"traceId":"463ac35c9f6413ad48485a3953bb61241","id":"2"})")),
            "[3].traceId: 33 hex digits, 1 to 32 are needed");
  EXPECT_EQ(error_of(fourth(R"({"traceId":"xyz","id":"2"})")), "[3].traceId: not hex");
  EXPECT_EQ(error_of(fourth(R"({"traceId":"0000000000000000","id":"2"})")),
            "[3].traceId: all zeros");
  EXPECT_EQ(error_of(fourth(R"({"traceId":"1","id":"a2fb4a1d1a96d3120"})")),
            "[3].id: 17 hex digits, 1 to 16 are needed");
  EXPECT_EQ(error_of(fourth(R"({"traceId":"1","id":"2","parentId":"-"})")),
            "[3].parentId: not hex");
  EXPECT_EQ(error_of(fourth("7")), "[3]: a number, an object is needed");
}

TEST(ZipkinJson, SaysWhereAFieldIsWrong) {
  EXPECT_EQ(error_of("{}"), "an object, an array is needed");
  EXPECT_EQ(error_of(with(R"("tags":{"k":{}})")), "[0].tags.k: an object, a string is needed");
  EXPECT_EQ(error_of(with(R"("duration":-1)")),
            "[0].duration: the number does not fit into 64 bits");
  EXPECT_EQ(error_of(with(R"("localEndpoint":{"port":65536})")),
            "[0].localEndpoint.port: the number does not fit into 16 bits");
  EXPECT_EQ(error_of(with(R"("annotations":[{},{"value":7}])")),
            "[0].annotations[1].value: a number, a string is needed");
  EXPECT_EQ(error_of(with(R"("shared":"yes")")), "[0].shared: a string, true or false is needed");
}

TEST(ZipkinJson, TagsMayBeNumbersAndTruthValues) {
  One one(with(R"("tags":{"n":12.50 ,"b":false,"s":"x","z":null})"));
  EXPECT_EQ(one.attribute("n"), "12.50");
  EXPECT_EQ(one.attribute("b"), "false");
  EXPECT_EQ(one.attribute("z"), "(none)");
}

TEST(ZipkinJson, AListCutAnywhereIsRefused) {
  for (size_t size = 0; size < kEnvoy.size(); ++size)
    EXPECT_FALSE(zipkin_v2_json_to_otlp(kEnvoy.substr(0, size)).has_value()) << "at " << size;
}

TEST(ZipkinJson, TheNumberOfSpansEndsAtItsLimit) {
  constexpr std::string_view kSpan = R"({"traceId":"1","id":"2"},)";
  std::string json = "[";
  for (size_t i = 0; i < limits::kSpansPerRequest; ++i) json += kSpan;
  json.back() = ']';
  EXPECT_EQ(batch_of(json).spans().size(), limits::kSpansPerRequest);
  json.back() = ',';
  auto one_more = zipkin_v2_json_to_otlp(json + R"({"traceId":"1","id":"2"}])");
  ASSERT_FALSE(one_more.has_value());
  EXPECT_EQ(one_more.error().code, Code::kTooLarge);
}

}  // namespace
}  // namespace clew::receive
