#include "receive/otlp_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/limits.h"
#include "otlp/batch.h"
#include "receive/decoder_testing.h"

namespace clew::receive {
namespace {

using otlp::Batch;
using otlp::Span;
using otlp::Value;
using otlp::ValueType;

/// The shape of the specification's example, with a field of every kind.
constexpr std::string_view kExample = R"({
  "resourceSpans": [{
    "resource": {
      "attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}],
      "droppedAttributesCount": 4
    },
    "scopeSpans": [{
      "scope": {
        "name": "shop.library", "version": "1.0.0",
        "attributes": [{"key": "scope.kind", "value": {"stringValue": "http"}}],
        "droppedAttributesCount": 5
      },
      "spans": [{
        "traceId": "5B8EFFF798038103D269B633813FC60C",
        "spanId": "eee19b7ec3c1b174",
        "parentSpanId": "EEE19b7ec3c1b173",
        "traceState": "vendor=1",
        "flags": 257,
        "name": "POST /pay",
        "kind": 2,
        "startTimeUnixNano": "1544712660000000000",
        "endTimeUnixNano": 1544712661000000001,
        "attributes": [{"key": "http.status", "value": {"intValue": "500"}}],
        "droppedAttributesCount": 1,
        "events": [{
          "timeUnixNano": "1544712660500000000", "name": "retry", "droppedAttributesCount": 6,
          "attributes": [{"key": "try", "value": {"intValue": 2}}]
        }],
        "droppedEventsCount": 2,
        "links": [{
          "traceId": "11111111111111111111111111111111", "spanId": "2222222222222222",
          "traceState": "a=b", "flags": 1, "droppedAttributesCount": 7,
          "attributes": [{"key": "why", "value": {"stringValue": "batch"}}]
        }],
        "droppedLinksCount": "3",
        "status": {"code": 2, "message": "card refused"}
      }],
      "schemaUrl": "https://example.org/scope"
    }],
    "schemaUrl": "https://example.org/resource"
  }]
})";

Batch batch_of(std::string_view json) {
  return testing::decoded(otlp_json_to_protobuf, json);
}

std::string error_of(std::string_view json) {
  return testing::refusal(otlp_json_to_protobuf, json);
}

/// A request of one span with `fields` beside its IDs.
std::string with_span_fields(std::string_view fields) {
  return fmt::format(R"({{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{)"
                     R"("traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",)"
                     R"({}}}]}}]}}]}})",
                     fields);
}

std::string with_value(std::string_view any_value) {
  return with_span_fields(fmt::format(R"("attributes":[{{"key":"k","value":{}}}])", any_value));
}

/// The batch keeps the bytes that the value points into.
struct Parsed {
  Batch batch;
  Value value;
};

Parsed parse_value(std::string_view any_value) {
  Batch batch = batch_of(with_value(any_value));
  if (batch.spans().empty()) return {};
  auto found = batch.decode(batch.spans()[0]).attributes().find("k");
  return {batch, found.value_or(Value())};
}

constexpr std::string_view kSpan = "resourceSpans[0].scopeSpans[0].spans[0]";
constexpr std::string_view kValue = "resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.";

std::string at(std::string_view place, std::string_view what) {
  return std::string(place) + std::string(what);
}

TEST(OtlpJson, ReadsEveryFieldOfASpan) {
  Batch batch = batch_of(kExample);
  ASSERT_EQ(batch.spans().size(), 1u);
  Span span = batch.decode(batch.spans()[0]);
  EXPECT_EQ(span.trace_id.hex(), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(span.span_id.hex(), "eee19b7ec3c1b174");
  EXPECT_EQ(span.parent_span_id.hex(), "eee19b7ec3c1b173");
  EXPECT_EQ(span.trace_state, "vendor=1");
  EXPECT_EQ(span.flags, 257u);
  EXPECT_EQ(span.name, "POST /pay");
  EXPECT_EQ(span.kind, otlp::SpanKind::kServer);
  EXPECT_EQ(span.start, 1544712660000000000u);
  EXPECT_EQ(span.end, 1544712661000000001u);
  EXPECT_EQ(span.attributes().find("http.status")->as_int(), 500);
  EXPECT_EQ(span.dropped_attributes, 1u);
  EXPECT_EQ(span.dropped_events, 2u);
  EXPECT_EQ(span.dropped_links, 3u);
  EXPECT_EQ(span.status, otlp::StatusCode::kError);
  EXPECT_EQ(span.status_message, "card refused");
}

TEST(OtlpJson, ReadsEventsAndLinks) {
  Batch batch = batch_of(kExample);
  Span span = batch.decode(batch.spans()[0]);
  otlp::Event event = *span.events().begin();
  EXPECT_EQ(event.time, 1544712660500000000u);
  EXPECT_EQ(event.name, "retry");
  EXPECT_EQ(event.dropped_attributes, 6u);
  EXPECT_EQ(event.attributes().find("try")->as_int(), 2);
  otlp::Link link = *span.links().begin();
  EXPECT_EQ(link.trace_id.hex(), "11111111111111111111111111111111");
  EXPECT_EQ(link.span_id.hex(), "2222222222222222");
  EXPECT_EQ(link.trace_state, "a=b");
  EXPECT_EQ(link.flags, 1u);
  EXPECT_EQ(link.dropped_attributes, 7u);
  EXPECT_EQ(link.attributes().find("why")->as_bytes(), "batch");
}

TEST(OtlpJson, ReadsResourceAndScope) {
  Batch batch = batch_of(kExample);
  const otlp::ResourceRef& resource = batch.resources()[0];
  EXPECT_EQ(resource.service_name, "checkout");
  EXPECT_EQ(resource.schema_url, "https://example.org/resource");
  const otlp::ScopeRef& scope = batch.scopes()[0];
  EXPECT_EQ(scope.name, "shop.library");
  EXPECT_EQ(scope.version, "1.0.0");
  EXPECT_EQ(scope.schema_url, "https://example.org/scope");
  EXPECT_EQ(scope.attributes().find("scope.kind")->as_bytes(), "http");
}

TEST(OtlpJson, ReadsEveryTypeOfValue) {
  EXPECT_EQ(parse_value(R"({"stringValue":"a\"\u00e4\n"})").value.as_bytes(), "a\"ä\n");
  EXPECT_TRUE(parse_value(R"({"boolValue":true})").value.as_bool());
  EXPECT_EQ(parse_value(R"({"intValue":"-9223372036854775808"})").value.as_int(), INT64_MIN);
  EXPECT_EQ(parse_value(R"({"intValue":9223372036854775807})").value.as_int(), INT64_MAX);
  EXPECT_EQ(parse_value(R"({"doubleValue":-0.25})").value.as_double(), -0.25);
  EXPECT_EQ(parse_value(R"({"doubleValue":7})").value.as_double(), 7.0);
  EXPECT_EQ(parse_value(R"({"bytesValue":"AAECgA=="})").value.as_bytes(),
            std::string_view("\0\1\2\x80", 4));
  EXPECT_EQ(parse_value(R"({"bytesValue":"_-8"})").value.as_bytes(), "\xFF\xEF");
  EXPECT_EQ(parse_value("{}").value.type(), ValueType::kEmpty);
}

TEST(OtlpJson, AnEmptyOrZeroValueKeepsItsType) {
  EXPECT_EQ(parse_value(R"({"stringValue":""})").value.type(), ValueType::kString);
  EXPECT_EQ(parse_value(R"({"boolValue":false})").value.type(), ValueType::kBool);
  EXPECT_EQ(parse_value(R"({"intValue":0})").value.type(), ValueType::kInt);
  EXPECT_EQ(parse_value(R"({"doubleValue":0})").value.type(), ValueType::kDouble);
  EXPECT_EQ(parse_value(R"({"bytesValue":""})").value.type(), ValueType::kBytes);
  EXPECT_EQ(parse_value(R"({"arrayValue":{}})").value.type(), ValueType::kArray);
  EXPECT_EQ(parse_value(R"({"kvlistValue":{}})").value.type(), ValueType::kMap);
}

TEST(OtlpJson, ReadsDoublesThatJsonCannotWrite) {
  EXPECT_TRUE(std::isnan(parse_value(R"({"doubleValue":"NaN"})").value.as_double()));
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(parse_value(R"({"doubleValue":"Infinity"})").value.as_double(), infinity);
  EXPECT_EQ(parse_value(R"({"doubleValue":"-Infinity"})").value.as_double(), -infinity);
  EXPECT_EQ(parse_value(R"({"doubleValue":"1.5e3"})").value.as_double(), 1500.0);
  // JavaScript writes 1e20 with all its digits, more than 64 bits hold.
  EXPECT_EQ(parse_value(R"({"doubleValue":100000000000000000000})").value.as_double(), 1e20);
}

TEST(OtlpJson, ReadsNestedValues) {
  Parsed parsed = parse_value(
      R"({"kvlistValue":{"values":[{"key":"list","value":{"arrayValue":{"values":)"
      R"([{"intValue":1},null,{"stringValue":"x"}]}}},{"key":"on","value":{"boolValue":true}}]}})");
  EXPECT_EQ(parsed.value.text(), R"({"list":[1,null,"x"],"on":true})");
}

TEST(OtlpJson, WholeNumbersMayBeWrittenAsReals) {
  EXPECT_EQ(parse_value(R"({"intValue":1e3})").value.as_int(), 1000);
  EXPECT_EQ(parse_value(R"({"intValue":-2.0})").value.as_int(), -2);
}

TEST(OtlpJson, EnumsMayBeNames) {
  Batch batch = batch_of(
      with_span_fields(R"("kind":"SPAN_KIND_CONSUMER","status":{"code":"STATUS_CODE_ERROR"})"));
  Span span = batch.decode(batch.spans()[0]);
  EXPECT_EQ(span.kind, otlp::SpanKind::kConsumer);
  EXPECT_EQ(span.status, otlp::StatusCode::kError);
}

TEST(OtlpJson, UnknownFieldsAndOtherSpellingsAreIgnored) {
  Batch batch =
      batch_of(with_span_fields(R"("parent_span_id":"zz","new":{"a":[1,{"b":[]}]},"name":"kept")"));
  Span span = batch.decode(batch.spans()[0]);
  EXPECT_EQ(span.name, "kept");
  EXPECT_TRUE(span.parent_span_id.is_zero());
}

TEST(OtlpJson, NullMeansAbsent) {
  Batch batch = batch_of(with_span_fields(R"("name":null,"kind":null,"events":null,"status":null,)"
                                          R"("attributes":[{"key":"k","value":null}])"));
  Span span = batch.decode(batch.spans()[0]);
  EXPECT_EQ(span.name, "");
  EXPECT_EQ(span.attributes().find("k")->type(), ValueType::kEmpty);
  EXPECT_EQ(batch_of(R"({"resourceSpans":null})").spans().size(), 0u);
}

TEST(OtlpJson, AnEmptyParentIsARoot) {
  Batch batch = batch_of(with_span_fields(R"("parentSpanId":"")"));
  EXPECT_TRUE(batch.decode(batch.spans()[0]).parent_span_id.is_zero());
}

TEST(OtlpJson, ASpanWithoutIdsIsRejectedAloneByTheBatch) {
  Batch batch = batch_of(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"lost"}]}]}]})");
  EXPECT_EQ(batch.rejected_spans(), 1u);
}

TEST(OtlpJson, TextThatIsNotUnicodeIsRepaired) {
  // JavaScript cuts an attribute inside a surrogate pair when it limits its length.
  EXPECT_EQ(parse_value(R"({"stringValue":"a\ud83d"})").value.as_bytes(), "a\xEF\xBF\xBD");
  EXPECT_EQ(parse_value(R"({"stringValue":"\ude00\"b"})").value.as_bytes(), "\xEF\xBF\xBD\"b");
  EXPECT_EQ(parse_value(R"({"stringValue":"\ud83d\u0041\ud83d\ude00\t"})").value.as_bytes(),
            "\xEF\xBF\xBD"
            "A\xF0\x9F\x98\x80\t");
  EXPECT_EQ(parse_value("{\"stringValue\":\"caf\xE9\"}").value.as_bytes(), "caf\xEF\xBF\xBD");
}

TEST(OtlpJson, SaysWhereAnIdIsWrong) {
  auto spans = [](std::string_view last) {
    std::string good = R"({"traceId":"0af7651916cd43dd8448eb211c80319c"},)";
    return R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + good + good + good +
           std::string(last) + "]}]}]}";
  };
  EXPECT_EQ(error_of(spans(R"({"traceId":"0af7651916cd43dd8448eb211c80319"})")),
            "resourceSpans[0].scopeSpans[0].spans[3].traceId: 31 hex digits, 32 are needed");
  EXPECT_EQ(error_of(spans(R"({"traceId":"0af7651916cd43dd8448eb211c80319g"})")),
            "resourceSpans[0].scopeSpans[0].spans[3].traceId: not hex");
  EXPECT_EQ(error_of(with_span_fields(R"("parentSpanId":"b7ad6b716920333")")),
            at(kSpan, ".parentSpanId: 15 hex digits, 16 are needed"));
  EXPECT_EQ(error_of(with_span_fields(R"("links":[{},{"spanId":"b7ad6b71692033311"}])")),
            at(kSpan, ".links[1].spanId: 17 hex digits, 16 are needed"));
  EXPECT_EQ(error_of(with_span_fields(R"("links":[{"traceId":7}])")),
            at(kSpan, ".links[0].traceId: a number, a string is needed"));
}

TEST(OtlpJson, SaysWhereAFieldHasAnotherType) {
  EXPECT_EQ(error_of("[]"), "an array, an object is needed");
  EXPECT_EQ(error_of("7"), "a JSON object or array is needed");
  EXPECT_EQ(error_of(R"({"resourceSpans":{}})"), "resourceSpans: an object, an array is needed");
  EXPECT_EQ(error_of(R"({"resourceSpans":[7]})"),
            "resourceSpans[0]: a number, an object is needed");
  EXPECT_EQ(error_of(R"({"resourceSpans":[null]})"), "resourceSpans[0]: null, an object is needed");
  EXPECT_EQ(error_of(with_span_fields(R"("name":7)")),
            at(kSpan, ".name: a number, a string is needed"));
  EXPECT_EQ(error_of(with_span_fields(R"("kind":"SERVER")")),
            at(kSpan, ".kind: not a name of this enum"));
  EXPECT_EQ(error_of(with_span_fields(R"("kind":true)")),
            at(kSpan, ".kind: true or false, a whole number or a string of one is needed"));
  EXPECT_EQ(error_of(with_value(R"({"boolValue":"true"})")),
            at(kValue, "boolValue: a string, true or false is needed"));
  EXPECT_EQ(error_of(with_value(R"({"bytesValue":"%%"})")), at(kValue, "bytesValue: not base64"));
  EXPECT_EQ(error_of(with_value(R"({"doubleValue":"inf"})")),
            at(kValue, "doubleValue: a number is needed"));
}

TEST(OtlpJson, NumbersFitIntoTheirFieldsOrAreRefused) {
  auto start = [](std::string_view number) {
    return with_span_fields(fmt::format(R"("startTimeUnixNano":{})", number));
  };
  EXPECT_EQ(batch_of(start("\"18446744073709551615\"")).spans().size(), 1u);
  EXPECT_EQ(error_of(start("\"18446744073709551616\"")),
            at(kSpan, ".startTimeUnixNano: the number does not fit into 64 bits"));
  EXPECT_EQ(error_of(start("-1")),
            at(kSpan, ".startTimeUnixNano: the number does not fit into 64 bits"));
  for (std::string_view wrong : {"1.5", "\"\"", "\"1 \"", "\"+1\"", "\"0x1\"", "\"NaN\""})
    EXPECT_EQ(error_of(start(wrong)),
              at(kSpan, ".startTimeUnixNano: a whole number or a string of one is needed"))
        << wrong;
  EXPECT_EQ(batch_of(with_span_fields(R"("flags":4294967295)")).spans().size(), 1u);
  EXPECT_EQ(error_of(with_span_fields(R"("flags":4294967296)")),
            at(kSpan, ".flags: the number does not fit into 32 bits"));
  EXPECT_EQ(error_of(with_value(R"({"intValue":"9223372036854775808"})")),
            at(kValue, "intValue: the number does not fit into 64 bits"));
  EXPECT_EQ(error_of(with_value(R"({"intValue":"-9223372036854775809"})")),
            at(kValue, "intValue: the number does not fit into 64 bits"));
}

/// `depth` values, each but the last an array of the next.
std::string nested(int depth) {
  std::string value = R"({"intValue":1})";
  for (int i = 1; i < depth; ++i) value = R"({"arrayValue":{"values":[)" + value + "]}}";
  return value;
}

TEST(OtlpJson, NestingEndsAtItsLimit) {
  EXPECT_EQ(batch_of(with_value(nested(limits::kValueDepth))).spans().size(), 1u);
  auto bytes = otlp_json_to_protobuf(with_value(nested(limits::kValueDepth + 1)));
  ASSERT_FALSE(bytes.has_value());
  EXPECT_EQ(bytes.error().code, Code::kTooLarge);
  EXPECT_TRUE(bytes.error().message.ends_with(": arrays and maps are nested too deep"))
      << bytes.error().message;
}

TEST(OtlpJson, DeepNestingInAnUnknownFieldIsSkipped) {
  std::string brackets(100'000, '[');
  std::string json = R"({"unknown":)" + brackets + std::string(100'000, ']') + "}";
  EXPECT_EQ(batch_of(json).spans().size(), 0u);
}

TEST(OtlpJson, DocumentsThatAreNotJsonAreRefused) {
  for (std::string_view json :
       {"", " ", "{", "}", "{]", "nul", "{\"resourceSpans\":", "{\"resourceSpans\":[}", "{} {}",
        "{}x", "{\"resourceSpans\":nul}", "{resourceSpans:[]}", "{\"resourceSpans\":[{}{}]}",
        "{\"resourceSpans\":[\"\\q\"]}", "\xFF"}) {
    auto bytes = otlp_json_to_protobuf(json);
    ASSERT_FALSE(bytes.has_value()) << json;
    EXPECT_EQ(bytes.error().code, Code::kMalformed) << json;
  }
}

TEST(OtlpJson, ARequestCutAnywhereIsRefused) {
  for (size_t size = 0; size < kExample.size(); ++size)
    EXPECT_FALSE(otlp_json_to_protobuf(kExample.substr(0, size)).has_value()) << "at " << size;
}

TEST(OtlpJson, ADocumentWithoutSpansIsAnEmptyRequest) {
  EXPECT_EQ(*otlp_json_to_protobuf("{}"), "");
  EXPECT_EQ(*otlp_json_to_protobuf("\n {\"resourceSpans\": []}\r\n"), "");
}

}  // namespace
}  // namespace clew::receive
