// Zipkin's older model in JSON and, as libthrift writes it, in thrift.
#include "receive/zipkin_v1.h"

#include <gtest/gtest.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include <memory>

#include "base/limits.h"
#include "otlp/json_writer.h"
#include "receive/decoder_testing.h"
#include "receive/zipkin_json.h"
#include "receive/zipkin_thrift.h"

namespace clew::receive {
namespace {

namespace tp = apache::thrift::protocol;

Result<std::string> decode_json(std::string_view json) {
  return zipkin_v1_json_to_otlp(json);
}

/// One span with `fields` beside its IDs; the batch that holds its bytes.
struct One {
  explicit One(std::string_view fields) {
    batch = testing::decoded(
        decode_json, fmt::format(R"([{{"traceId":"48485a3953bb6124","id":"1",{}}}])", fields));
    if (!batch.spans().empty()) span = batch.decode(batch.spans()[0]);
  }
  std::string attribute(std::string_view key) const {
    auto value = span.attributes().find(key);
    return value ? value->text() : "(none)";
  }
  std::string_view service() const { return batch.resources()[0].service_name; }
  otlp::Batch batch;
  otlp::Span span;
};

constexpr std::string_view kClient = R"("name":"get","parentId":"2",
  "annotations":[
    {"timestamp":1472470996199000,"value":"cs",
     "endpoint":{"serviceName":"edge","ipv4":"10.0.0.1","port":8080}},
    {"timestamp":1472470996300000,"value":"retry"},
    {"timestamp":1472470996406000,"value":"cr","endpoint":{"serviceName":"edge"}}],
  "binaryAnnotations":[
    {"key":"http.path","value":"/cart","endpoint":{"serviceName":"edge"}},
    {"key":"sa","value":true,"endpoint":{"serviceName":"shop","ipv4":"10.0.0.9","port":9000}}])";

TEST(ZipkinV1, AnnotationsTellKindTimesAndEndpoints) {
  One one(kClient);
  EXPECT_EQ(one.span.trace_id.hex(), "000000000000000048485a3953bb6124");
  EXPECT_EQ(one.span.span_id.hex(), "0000000000000001");
  EXPECT_EQ(one.span.parent_span_id.hex(), "0000000000000002");
  EXPECT_EQ(one.span.name, "get");
  EXPECT_EQ(one.span.kind, otlp::SpanKind::kClient);
  EXPECT_EQ(one.span.start, 1472470996199000000u);
  EXPECT_EQ(one.span.duration(), 207'000'000u);
  EXPECT_EQ(one.service(), "edge");
  EXPECT_EQ(one.attribute("net.host.ip"), "10.0.0.1");
  EXPECT_EQ(one.attribute("peer.service"), "shop");
  EXPECT_EQ(one.attribute("net.peer.port"), "9000");
  EXPECT_EQ(one.attribute("http.path"), "/cart");
  EXPECT_EQ(one.attribute("sa"), "(none)");
  std::string events;
  for (otlp::Event event : one.span.events()) events += std::string(event.name) + ' ';
  EXPECT_EQ(events, "retry ");
}

TEST(ZipkinV1, EachEdgeHasItsKind) {
  using enum otlp::SpanKind;
  auto kind = [](std::string_view value) {
    return One(fmt::format(R"("annotations":[{{"timestamp":5,"value":"{}"}}])", value)).span.kind;
  };
  EXPECT_EQ(kind("cs"), kClient);
  EXPECT_EQ(kind("cr"), kClient);
  EXPECT_EQ(kind("sr"), kServer);
  EXPECT_EQ(kind("ss"), kServer);
  EXPECT_EQ(kind("ms"), kProducer);
  EXPECT_EQ(kind("mr"), kConsumer);
  EXPECT_EQ(kind("else"), kUnspecified);
}

TEST(ZipkinV1, TheSpansOwnTimesWinOverThoseOfItsAnnotations) {
  One one(R"("timestamp":100,"duration":7,"annotations":[{"timestamp":90,"value":"sr"},
              {"timestamp":200,"value":"ss"}])");
  EXPECT_EQ(one.span.start, 100'000u);
  EXPECT_EQ(one.span.duration(), 7'000u);
}

TEST(ZipkinV1, OfASpanWithBothSidesTheFirstCounts) {
  One one(R"("annotations":[{"timestamp":10,"value":"sr","endpoint":{"serviceName":"shop"}},
              {"timestamp":5,"value":"cs","endpoint":{"serviceName":"edge"}},
              {"timestamp":20,"value":"ss"},{"timestamp":40,"value":"cr"}])");
  EXPECT_EQ(one.span.kind, otlp::SpanKind::kServer);
  EXPECT_EQ(one.service(), "shop");
  EXPECT_EQ(one.span.start, 10'000u);
  EXPECT_EQ(one.span.end, 20'000u);
}

TEST(ZipkinV1, TheClientOfAServerIsItsOtherSide) {
  One one(R"("annotations":[{"timestamp":10,"value":"sr","endpoint":{"serviceName":"shop"}}],
             "binaryAnnotations":[
               {"key":"sa","value":"true","endpoint":{"serviceName":"shop"}},
               {"key":"ca","value":"true","endpoint":{"serviceName":"edge"}}])");
  EXPECT_EQ(one.attribute("peer.service"), "edge");
}

TEST(ZipkinV1, ALocalSpanIsNamedByItsBinaryAnnotationOrItsComponent) {
  One endpoint(R"("binaryAnnotations":[{"key":"lc","value":"job",
                  "endpoint":{"serviceName":"shop"}}])");
  EXPECT_EQ(endpoint.service(), "shop");
  EXPECT_EQ(endpoint.attribute("component"), "job");
  EXPECT_EQ(One(R"("binaryAnnotations":[{"key":"lc","value":"job"}])").service(), "job");
}

TEST(ZipkinV1, JsonValuesAreTypedAsTheySay) {
  One one(R"("binaryAnnotations":[{"key":"text","value":"42"},{"key":"yes","value":true},
             {"key":"whole","value":42},{"key":"i64","value":"9223372036854775807","type":"I64"},
             {"key":"real","value":"1","type":"DOUBLE"},{"key":"bytes","value":"AP8=",
             "type":"BYTES"}])");
  auto type = [&](std::string_view key) { return one.span.attributes().find(key)->type(); };
  EXPECT_EQ(type("text"), otlp::ValueType::kString);
  EXPECT_EQ(type("yes"), otlp::ValueType::kBool);
  EXPECT_EQ(type("whole"), otlp::ValueType::kInt);
  EXPECT_EQ(one.span.attributes().find("i64")->as_int(), INT64_MAX);
  EXPECT_EQ(one.span.attributes().find("real")->as_double(), 1);
  EXPECT_EQ(one.attribute("bytes"), "AP8=");
}

TEST(ZipkinV1, ErrorsAreTheStatusAndDamageIsRefusedWithItsPlace) {
  One flag(R"("binaryAnnotations":[{"key":"error","value":true}])");
  EXPECT_EQ(flag.span.status, otlp::StatusCode::kError);
  EXPECT_EQ(flag.attribute("error"), "(none)");
  One text(R"("binaryAnnotations":[{"key":"error","value":"timeout"}])");
  EXPECT_EQ(text.span.status_message, "timeout");
  EXPECT_EQ(testing::refusal(decode_json, R"([{"traceId":"1"}])"), "[0].id: missing");
  EXPECT_EQ(testing::refusal(decode_json, R"([{"annotations":[{"timestamp":"x"}]}])"),
            "[0].annotations[0].timestamp: a whole number or a string of one is needed");
}

TEST(ZipkinV1, TooManyAnnotationsAreRefused) {
  std::string json = R"([{"traceId":"1","id":"2","binaryAnnotations":[)";
  for (size_t i = 0; i < limits::kFieldsPerSpan; ++i) json += "{},";
  json.pop_back();
  EXPECT_EQ(testing::refusal(decode_json, json + "]}]"), "accepted");
  EXPECT_NE(testing::refusal(decode_json, json + ",{}]}]").find("more than 65536"),
            std::string::npos);
}

/// Writes lists of zipkinCore.thrift's Spans with libthrift.
class ThriftSpans {
 public:
  template <typename F>
  void record(F&& fields) {
    fields();
    out.writeFieldStop();
  }
  template <typename F>
  void field(tp::TType type, int16_t id, F&& value) {
    out.writeFieldBegin("", type, id);
    value();
  }
  void i64(int16_t id, int64_t number) {
    field(tp::T_I64, id, [&] { out.writeI64(number); });
  }
  void text(int16_t id, const std::string& text) {
    field(tp::T_STRING, id, [&] { out.writeString(text); });
  }
  void endpoint(int16_t id, uint32_t ipv4, uint16_t port, const std::string& service) {
    field(tp::T_STRUCT, id, [&] {
      record([&] {
        field(tp::T_I32, 1, [&] { out.writeI32(static_cast<int32_t>(ipv4)); });
        field(tp::T_I16, 2, [&] { out.writeI16(static_cast<int16_t>(port)); });
        text(3, service);
      });
    });
  }
  void annotation(int64_t timestamp, const std::string& value, const std::string& service = "") {
    record([&] {
      i64(1, timestamp);
      text(2, value);
      if (!service.empty()) endpoint(3, 0x0A000001, 8080, service);
    });
  }
  void binary(const std::string& key, const std::string& value, int32_t type) {
    record([&] {
      text(1, key);
      text(2, value);
      field(tp::T_I32, 3, [&] { out.writeI32(type); });
      if (key == "sa") endpoint(4, 0x0A000009, 9000, "shop");
    });
  }
  std::string bytes() const { return memory_->getBufferAsString(); }

 private:
  std::shared_ptr<apache::thrift::transport::TMemoryBuffer> memory_ =
      std::make_shared<apache::thrift::transport::TMemoryBuffer>();

 public:
  tp::TBinaryProtocol out{memory_};
};

TEST(ZipkinV1Thrift, BecomesWhatTheSameSpanInJsonBecomes) {
  ThriftSpans spans;
  spans.out.writeListBegin(tp::T_STRUCT, 1);
  spans.record([&] {
    spans.i64(1, 0x48485a3953bb6124);
    spans.text(3, "get");
    spans.i64(4, 1);
    spans.i64(5, 2);
    spans.field(tp::T_LIST, 6, [&] {
      spans.out.writeListBegin(tp::T_STRUCT, 3);
      spans.annotation(1472470996199000, "cs", "edge");
      spans.annotation(1472470996300000, "retry");
      spans.annotation(1472470996406000, "cr", "edge");
    });
    spans.field(tp::T_LIST, 8, [&] {
      spans.out.writeListBegin(tp::T_STRUCT, 2);
      spans.binary("http.path", "/cart", 6);
      spans.binary("sa", "\x01", 0);
    });
  });
  auto thrift = zipkin_v1_thrift_to_otlp(spans.bytes());
  ASSERT_TRUE(thrift.has_value()) << thrift.error().message;
  auto json =
      decode_json(fmt::format(R"([{{"traceId":"48485a3953bb6124","id":"1",{}}}])", kClient));
  EXPECT_EQ(otlp::request_json(*thrift), otlp::request_json(*json));
}

TEST(ZipkinV1Thrift, BinaryAnnotationsKeepTheirTypes) {
  using namespace std::string_literals;
  ThriftSpans spans;
  spans.out.writeListBegin(tp::T_STRUCT, 1);
  spans.record([&] {
    spans.i64(1, 1);
    spans.i64(4, 1);
    spans.i64(10, 5);
    spans.i64(11, 6);
    spans.i64(12, 7);  // the trace ID's upper half
    spans.field(tp::T_LIST, 8, [&] {
      spans.out.writeListBegin(tp::T_STRUCT, 8);
      spans.binary("no", "\0"s, 0);
      spans.binary("bytes", "\0\xFF"s, 1);
      spans.binary("i16", "\xFF\xFE", 2);
      spans.binary("i32", "\0\0\x01\0"s, 3);
      spans.binary("i64", "\x80\0\0\0\0\0\0\0"s, 4);
      spans.binary("real", "\x3F\xD0\0\0\0\0\0\0"s, 5);
      spans.binary("text", "x", 6);
      spans.binary("short", "\x01", 4);
    });
  });
  std::string bytes = spans.bytes();
  auto batch = testing::decoded(zipkin_v1_thrift_to_otlp, bytes);
  ASSERT_EQ(batch.spans().size(), 1u);
  otlp::Span span = batch.decode(batch.spans()[0]);
  EXPECT_EQ(span.trace_id.hex(), "00000000000000070000000000000001");
  EXPECT_EQ(span.start, 5'000u);
  EXPECT_EQ(span.end, 11'000u);
  auto value = [&](std::string_view key) { return span.attributes().find(key).value(); };
  EXPECT_EQ(value("no").type(), otlp::ValueType::kBool);
  EXPECT_FALSE(value("no").as_bool());
  EXPECT_EQ(value("bytes").type(), otlp::ValueType::kBytes);
  EXPECT_EQ(value("i16").as_int(), -2);
  EXPECT_EQ(value("i32").as_int(), 256);
  EXPECT_EQ(value("i64").as_int(), INT64_MIN);
  EXPECT_EQ(value("real").as_double(), 0.25);
  EXPECT_EQ(value("text").as_bytes(), "x");
  EXPECT_EQ(value("short").type(), otlp::ValueType::kBytes);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(zipkin_v1_thrift_to_otlp(std::string_view(bytes).substr(0, size))) << size;
}

}  // namespace
}  // namespace clew::receive
