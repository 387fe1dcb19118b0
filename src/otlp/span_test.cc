#include "otlp/span.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "otlp/testing.h"

namespace clew::otlp {
namespace {

using namespace testing;

std::string any_double(double number) {
  std::string out;
  protozero::pbf_writer(out).add_double(fields::any_value::kDouble, number);
  return out;
}

std::string any_bool(bool flag) {
  std::string out;
  protozero::pbf_writer(out).add_bool(fields::any_value::kBool, flag);
  return out;
}

std::string any_array(const std::vector<std::string>& elements) {
  std::string array, out;
  for (const std::string& element : elements)
    protozero::pbf_writer(array).add_message(fields::values::kMember, element);
  protozero::pbf_writer(out).add_message(fields::any_value::kArray, array);
  return out;
}

std::string any_map(const std::vector<std::string>& key_values) {
  std::string map, out;
  for (const std::string& entry : key_values)
    protozero::pbf_writer(map).add_message(fields::values::kMember, entry);
  protozero::pbf_writer(out).add_message(fields::any_value::kMap, map);
  return out;
}

TEST(Value, IsWrittenAsPeopleWriteIt) {
  EXPECT_EQ(Value::decode(any_string("plain")).text(), "plain");
  EXPECT_EQ(Value::decode(any_int(-42)).text(), "-42");
  EXPECT_EQ(Value::decode(any_double(0.25)).text(), "0.25");
  EXPECT_EQ(Value::decode(any_double(std::nan(""))).text(), "NaN");
  EXPECT_EQ(Value::decode(any_double(-std::numeric_limits<double>::infinity())).text(),
            "-Infinity");
  EXPECT_EQ(Value::decode(any_bool(true)).text(), "true");
  EXPECT_EQ(Value::decode("").text(), "");
}

TEST(Value, ArraysAndMapsAreWrittenAsJson) {
  std::string map = any_map({key_value("list", any_array({any_int(1), any_string("two \"2\""),
                                                          any_double(std::nan(""))})),
                             key_value("nothing", "")});
  EXPECT_EQ(Value::decode(map).text(), R"({"list":[1,"two \"2\"","NaN"],"nothing":null})");
}

TEST(Value, BytesAreWrittenAsBase64) {
  std::string bytes;
  protozero::pbf_writer(bytes).add_bytes(fields::any_value::kBytes, "\x00\xff", 2);
  Value value = Value::decode(bytes);
  EXPECT_EQ(value.type(), ValueType::kBytes);
  EXPECT_EQ(value.text(), "AP8=");
}

TEST(Span, ReadsEveryScalarField) {
  namespace f = fields::span;
  std::string bytes = span_bytes({.trace = 9,
                                  .span = 8,
                                  .parent = 7,
                                  .name = "op",
                                  .kind = SpanKind::kClient,
                                  .start = 100,
                                  .duration = 23,
                                  .status = StatusCode::kError});
  protozero::pbf_writer writer(bytes);
  writer.add_string(f::kTraceState, "ot=th:8");
  writer.add_uint32(f::kDroppedAttributes, 1);
  writer.add_uint32(f::kDroppedEvents, 2);
  writer.add_uint32(f::kDroppedLinks, 3);
  writer.add_fixed32(f::kFlags, 0x301);
  Span span = Span::decode(bytes);
  EXPECT_EQ(span.trace_id, trace_id(9));
  EXPECT_EQ(span.span_id, span_id(8));
  EXPECT_EQ(span.parent_span_id, span_id(7));
  EXPECT_EQ(span.name, "op");
  EXPECT_EQ(span.kind, SpanKind::kClient);
  EXPECT_EQ(span.duration(), 23u);
  EXPECT_EQ(span.status, StatusCode::kError);
  EXPECT_EQ(span.trace_state, "ot=th:8");
  EXPECT_EQ(span.dropped_attributes + 10 * span.dropped_events + 100 * span.dropped_links, 321u);
  EXPECT_EQ(span.flags, 0x301u);
}

TEST(Span, AnEndBeforeTheStartHasNoDuration) {
  Span span;
  span.start = 10;
  span.end = 5;
  EXPECT_EQ(span.duration(), 0u);
}

TEST(Span, EnvoysErrorAttributeCountsAsAnError) {
  EXPECT_TRUE(Span::decode(span_bytes({.attributes = {{"error", "true"}}})).is_error());
  EXPECT_FALSE(Span::decode(span_bytes({.attributes = {{"error", "false"}}})).is_error());
  EXPECT_TRUE(Span::decode(span_bytes({.extra_key_values = {key_value("error", any_bool(true))}}))
                  .is_error());
  EXPECT_FALSE(Span::decode(span_bytes({})).is_error());
}

TEST(Span, AKindWeDoNotKnowIsUnspecified) {
  std::string bytes = span_bytes({});
  protozero::pbf_writer(bytes).add_enum(fields::span::kKind, 99);
  EXPECT_EQ(Span::decode(bytes).kind, SpanKind::kUnspecified);
}

TEST(Span, ReadsEventsAndLinks) {
  std::string bytes = span_bytes({});
  {
    protozero::pbf_writer span(bytes);
    protozero::pbf_writer event(span, fields::span::kEvents);
    event.add_fixed64(fields::event::kTime, 77);
    event.add_string(fields::event::kName, "exception");
    event.add_message(fields::event::kAttributes, key_value("k", any_string("v")));
  }
  {
    protozero::pbf_writer span(bytes);
    protozero::pbf_writer link(span, fields::span::kLinks);
    link.add_bytes(fields::link::kTraceId, trace_id(5).raw().data(), 16);
    link.add_bytes(fields::link::kSpanId, span_id(6).raw().data(), 8);
  }
  Span span = Span::decode(bytes);
  Event event = *span.events().begin();
  EXPECT_EQ(event.time, 77u);
  EXPECT_EQ(event.name, "exception");
  EXPECT_EQ(event.attributes().find("k")->text(), "v");
  Link link = *span.links().begin();
  EXPECT_EQ(link.trace_id, trace_id(5));
  EXPECT_EQ(link.span_id, span_id(6));
}

}  // namespace
}  // namespace clew::otlp
