// One trace, as each API writes it: the golden texts are compared as JSON, so layout is free.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "api/clew_stream.h"
#include "api/jaeger_json.h"
#include "otlp/testing.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using nlohmann::json;

constexpr UnixNanos kStart = 1'700'000'000'000'000'000;

std::string any_double(double number) {
  std::string out;
  protozero::pbf_writer(out).add_double(otlp::fields::any_value::kDouble, number);
  return out;
}

std::string any_raw(otlp::fields::Tag tag, std::string_view bytes) {
  std::string out;
  protozero::pbf_writer(out).add_bytes(tag, bytes.data(), bytes.size());
  return out;
}

otlp::Batch shop_trace() {
  return batch_of({{.trace = 0xabc,
                    .span = 2,
                    .parent = 1,
                    .service = "checkout",
                    .name = "POST /pay",
                    .kind = otlp::SpanKind::kClient,
                    .start = 1'000'002'000,
                    .duration = 3'000'500,
                    .status = otlp::StatusCode::kError,
                    .attributes = {{"error", "true"}, {"http.status_code", "503"}},
                    .extra_key_values = {key_value("retries", any_int(2)),
                                         key_value("big", any_int(int64_t{1} << 60)),
                                         key_value("ratio", any_double(0.5)),
                                         key_value("nan", any_double(std::nan("")))}},
                   {.trace = 0xabc,
                    .span = 1,
                    .service = "edge",
                    .name = "ingress",
                    .start = 1'000'000'000,
                    .duration = 10'000'000}});
}

json jaeger(const otlp::Batch& trace) {
  JsonWriter writer;
  write_jaeger_trace(writer, trace);
  return json::parse(writer.take());
}

/// As it is answered when it comes in one piece, or span by span.
json clew(const otlp::Batch& trace, query::TraceStream::Extent extent = {}) {
  extent.spans += trace.spans().size();
  auto answer = clew_trace_answer(trace.spans()[0].trace_id, extent);
  std::string text;
  for (const otlp::SpanRef& ref : trace.spans()) {
    answer->add(trace, ref);
    answer->end_part();
    text += answer->take();
  }
  answer->finish(true);
  return json::parse(text + answer->take());
}

TEST(JaegerJson, IsTheUiModel) {
  EXPECT_EQ(jaeger(shop_trace()), json::parse(R"({
    "traceID": "0000000000000abc",
    "spans": [
      {"traceID": "0000000000000abc", "spanID": "0000000000000002",
       "operationName": "POST /pay",
       "references": [{"refType": "CHILD_OF", "traceID": "0000000000000abc",
                       "spanID": "0000000000000001"}],
       "startTime": 1000002, "duration": 3000,
       "tags": [
         {"key": "http.status_code", "type": "string", "value": "503"},
         {"key": "retries", "type": "int64", "value": 2},
         {"key": "big", "type": "int64", "value": "1152921504606846976"},
         {"key": "ratio", "type": "float64", "value": 0.5},
         {"key": "nan", "type": "float64", "value": "NaN"},
         {"key": "span.kind", "type": "string", "value": "client"},
         {"key": "otel.status_code", "type": "string", "value": "ERROR"},
         {"key": "error", "type": "bool", "value": true}],
       "logs": [], "processID": "p1", "warnings": null},
      {"traceID": "0000000000000abc", "spanID": "0000000000000001",
       "operationName": "ingress", "references": [], "startTime": 1000000, "duration": 10000,
       "tags": [{"key": "span.kind", "type": "string", "value": "server"}],
       "logs": [], "processID": "p2", "warnings": null}],
    "processes": {"p1": {"serviceName": "checkout", "tags": []},
                  "p2": {"serviceName": "edge", "tags": []}},
    "warnings": null})"));
}

TEST(JaegerJson, WideTraceIdsHaveAllTheirDigits) {
  EXPECT_EQ(jaeger_trace_id(*TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736")),
            "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(JaegerJson, EventsAndLinksAreLogsAndReferences) {
  std::string span = span_bytes({});
  {
    protozero::pbf_writer writer(span);
    protozero::pbf_writer event(writer, otlp::fields::span::kEvents);
    event.add_fixed64(otlp::fields::event::kTime, 5'000'000);
    event.add_string(otlp::fields::event::kName, "exception");
    event.add_message(otlp::fields::event::kAttributes, key_value("type", any_string("E")));
  }
  {
    protozero::pbf_writer writer(span);
    protozero::pbf_writer link(writer, otlp::fields::span::kLinks);
    link.add_bytes(otlp::fields::link::kTraceId, trace_id(5).raw().data(), 16);
    link.add_bytes(otlp::fields::link::kSpanId, span_id(6).raw().data(), 8);
  }
  std::string request;
  protozero::pbf_writer out(request);
  {
    protozero::pbf_writer resource_spans(out, otlp::fields::request::kResourceSpans);
    protozero::pbf_writer scope_spans(resource_spans, otlp::fields::resource_spans::kScopeSpans);
    scope_spans.add_message(otlp::fields::scope_spans::kSpans, span);
  }
  json trace = jaeger(*otlp::Batch::index(SharedBytes::take(request)));
  EXPECT_EQ(trace["spans"][0]["logs"], json::parse(R"([{"timestamp": 5000, "fields": [
      {"key": "event", "type": "string", "value": "exception"},
      {"key": "type", "type": "string", "value": "E"}]}])"));
  EXPECT_EQ(trace["spans"][0]["references"], json::parse(R"([{"refType": "FOLLOWS_FROM",
      "traceID": "0000000000000005", "spanID": "0000000000000006"}])"));
  EXPECT_EQ(trace["processes"]["p1"]["serviceName"], "OTLPResourceNoServiceName");
}

TEST(ClewJson, SpansStandInOrderOfStartWithTypesKept) {
  json trace = clew(shop_trace(), {.start = 1'000'000'000, .duration = 10'000'000});
  EXPECT_EQ(trace["traceId"], "00000000000000000000000000000abc");
  EXPECT_EQ(trace["startNs"], "1000000000");
  EXPECT_EQ(trace["durationNs"], 10'000'000);
  EXPECT_EQ(trace["complete"], true);
  EXPECT_EQ(trace["resources"][0]["service"], "checkout");
  EXPECT_EQ(trace["resources"][1]["service"], "edge");
  ASSERT_EQ(trace["spans"].size(), 2u);
  EXPECT_EQ(trace["spans"][0]["name"], "ingress");
  EXPECT_EQ(trace["spans"][0]["parentId"], "");
  json pay = trace["spans"][1];
  EXPECT_EQ(pay["startNs"], 2000);
  EXPECT_EQ(pay["kind"], "client");
  EXPECT_EQ(pay["status"]["code"], "error");
  EXPECT_EQ(pay["resource"], 0);
  EXPECT_EQ(pay["attributes"], json::parse(R"([
    {"key": "error", "type": "string", "value": "true"},
    {"key": "http.status_code", "type": "string", "value": "503"},
    {"key": "retries", "type": "int64", "value": "2"},
    {"key": "big", "type": "int64", "value": "1152921504606846976"},
    {"key": "ratio", "type": "float64", "value": 0.5},
    {"key": "nan", "type": "float64", "value": "NaN"}])"));
}

TEST(ClewJson, ArraysMapsAndBytesKeepTheirTypes) {
  std::string array, map;
  protozero::pbf_writer(array).add_message(otlp::fields::values::kMember, any_int(1));
  protozero::pbf_writer(map).add_message(otlp::fields::values::kMember,
                                         key_value("k", any_string("v")));
  json trace =
      clew(batch_of({{.extra_key_values = {
                          key_value("list", any_raw(otlp::fields::any_value::kArray, array)),
                          key_value("map", any_raw(otlp::fields::any_value::kMap, map)),
                          key_value("raw", any_raw(otlp::fields::any_value::kBytes, "\xff"))}}}));
  EXPECT_EQ(trace["spans"][0]["attributes"], json::parse(R"([
    {"key": "list", "type": "array", "value": [1]},
    {"key": "map", "type": "map", "value": {"k": "v"}},
    {"key": "raw", "type": "binary", "value": "/w=="}])"));
}

TEST(ClewJson, ASpanWithoutAStartStandsAtTheTraces) {
  json trace = clew(batch_of({{.span = 1, .start = kStart + 7, .duration = 500},
                              {.span = 2, .start = 0, .duration = 0}}),
                    {.start = kStart + 7, .duration = 500});
  EXPECT_EQ(trace["spans"][0]["startNs"], 0);
  EXPECT_EQ(trace["spans"][1]["startNs"], 0);
}

TEST(ClewJson, ManySpansComeAsTheyAreRead) {
  std::vector<SpanSpec> specs;
  for (uint64_t i = 0; i < 5000; ++i)
    specs.push_back({.span = 1 + i,
                     .service = i % 2 == 0 ? "even" : "odd",
                     .name = std::to_string(i),
                     .start = kStart + 5000 - i});
  otlp::Batch trace = batch_of(specs);
  auto answer = clew_trace_answer(TraceId(), {.spans = 5000, .start = kStart, .duration = 5000});
  std::string text;
  size_t most = 0;
  for (const otlp::SpanRef& ref : trace.spans()) {
    answer->add(trace, ref);
    most = std::max(most, answer->size());
    text += answer->take();
  }
  answer->finish(false);
  json read = json::parse(text + answer->take());
  EXPECT_LT(most, 1000u);
  EXPECT_EQ(read["complete"], false);
  EXPECT_EQ(read["resources"].size(), 2u);
  ASSERT_EQ(read["spans"].size(), 5000u);
  EXPECT_EQ(read["spans"][0]["name"], "0");
  EXPECT_EQ(read["spans"][1]["resource"], 1);
}

TEST(ClewJson, FatSpansDoNotWaitToBeSorted) {
  std::vector<SpanSpec> specs;
  for (uint64_t i = 0; i < 30; ++i)
    specs.push_back({.span = 1 + i,
                     .start = kStart + 30 - i,
                     .attributes = {{"fat", std::string(1 << 20, 'x')}}});
  otlp::Batch trace = batch_of(specs);
  auto answer = clew_trace_answer(TraceId(), {.spans = 30, .start = kStart});
  size_t most = 0;
  std::string text;
  for (const otlp::SpanRef& ref : trace.spans()) {
    answer->add(trace, ref);
    most = std::max(most, answer->size());
    text += answer->take();
  }
  answer->finish(true);
  json spans = json::parse(text + answer->take())["spans"];
  EXPECT_LT(most, size_t{18} << 20);
  ASSERT_EQ(spans.size(), 30u);
  EXPECT_LT(spans[0]["startNs"], spans[1]["startNs"]);    // of those that waited
  EXPECT_GT(spans[28]["startNs"], spans[29]["startNs"]);  // as they came
}

TEST(ClewJson, TextThatIsNotUtf8IsStillJson) {
  json trace = clew(batch_of({{.name = "\xff\xfe"}}));
  EXPECT_EQ(trace["spans"][0]["name"], "\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace clew::api
