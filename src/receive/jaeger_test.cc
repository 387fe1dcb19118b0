// Jaeger's formats, each encoded by its official library: what becomes of a span does not depend on
// how it came.
#include <gtest/gtest.h>

#include <random>

#include "base/limits.h"
#include "otlp/json_writer.h"
#include "receive/decoder_testing.h"
#include "receive/jaeger_proto.h"
#include "receive/jaeger_testing.h"
#include "receive/jaeger_thrift.h"

namespace clew::receive {
namespace {

using testing::BinaryJaeger;
using testing::CompactJaeger;
namespace jaeger = testing::jaeger;

/// One way in: how a batch is encoded, and our decoder.
struct Format {
  const char* name;
  std::string (*encode)(const jaeger::Batch&);
  testing::Decoder decode;
};

std::string compact_call(const jaeger::Batch& batch) {
  return CompactJaeger::call(batch);
}
std::string binary_call(const jaeger::Batch& batch) {
  return BinaryJaeger::call(batch);
}
std::string binary_batch(const jaeger::Batch& batch) {
  return BinaryJaeger::batch(batch);
}

const Format kFormats[] = {
    {"compact", compact_call, jaeger_compact_call_to_otlp},
    {"binary", binary_call, jaeger_binary_call_to_otlp},
    {"http", binary_batch, jaeger_binary_batch_to_otlp},
    {"proto", testing::post_spans, jaeger_proto_to_otlp},
};

std::string trace_id(uint64_t high, uint64_t low) {
  uint64_t halves[] = {__builtin_bswap64(high), __builtin_bswap64(low)};
  return {reinterpret_cast<const char*>(halves), sizeof(halves)};
}
std::string span_id(uint64_t number) {
  return trace_id(0, number).substr(8);
}

template <typename List>
void add_text(List* tags, const std::string& key, const std::string& text) {
  auto* tag = tags->Add();
  tag->set_key(key);
  tag->set_v_str(text);
}
void add_bool(google::protobuf::RepeatedPtrField<jaeger::KeyValue>* tags, const std::string& key,
              bool truth) {
  auto* tag = tags->Add();
  tag->set_key(key);
  tag->set_v_type(jaeger::BOOL);
  tag->set_v_bool(truth);
}
void add_int(google::protobuf::RepeatedPtrField<jaeger::KeyValue>* tags, const std::string& key,
             int64_t number) {
  auto* tag = tags->Add();
  tag->set_key(key);
  tag->set_v_type(jaeger::INT64);
  tag->set_v_int64(number);
}

void add_reference(jaeger::Span* span, jaeger::SpanRefType type, const std::string& trace,
                   uint64_t id) {
  auto* reference = span->add_references();
  reference->set_ref_type(type);
  reference->set_trace_id(trace);
  reference->set_span_id(span_id(id));
}

class JaegerTest : public ::testing::TestWithParam<Format> {
 protected:
  JaegerTest() {
    batch_.mutable_process()->set_service_name("shop");
    span_ = batch_.add_spans();
    span_->set_trace_id(trace_id(1, 2));
    span_->set_span_id(span_id(3));
    span_->set_operation_name("GET /cart");
    span_->mutable_start_time()->set_seconds(1'600'000'000);
    span_->mutable_start_time()->set_nanos(1000);
    span_->mutable_duration()->set_nanos(5'000'000);
  }

  /// Encodes and decodes the batch; the first span of it.
  otlp::Span decode() {
    decoded_ = testing::decoded(GetParam().decode, GetParam().encode(batch_));
    EXPECT_FALSE(decoded_.spans().empty());
    return decoded_.spans().empty() ? otlp::Span() : decoded_.decode(decoded_.spans()[0]);
  }
  std::string refusal() { return testing::refusal(GetParam().decode, GetParam().encode(batch_)); }

  static std::string text(const otlp::AttributeRange& attributes, std::string_view key) {
    auto value = attributes.find(key);
    return value ? value->text() : "(none)";
  }
  static std::string keys(const otlp::AttributeRange& attributes) {
    std::string keys;
    for (otlp::Attribute attribute : attributes) keys += std::string(attribute.key) + ' ';
    return keys;
  }

  jaeger::Batch batch_;
  jaeger::Span* span_;
  otlp::Batch decoded_;
};

TEST_P(JaegerTest, ASpansFieldsArriveWhole) {
  otlp::Span span = decode();
  EXPECT_EQ(span.trace_id.hex(), "00000000000000010000000000000002");
  EXPECT_EQ(span.span_id.hex(), "0000000000000003");
  EXPECT_TRUE(span.parent_span_id.is_zero());
  EXPECT_EQ(span.name, "GET /cart");
  EXPECT_EQ(span.start, 1'600'000'000'000'001'000u);
  EXPECT_EQ(span.duration(), 5'000'000u);
  EXPECT_EQ(span.kind, otlp::SpanKind::kUnspecified);
  EXPECT_EQ(span.status, otlp::StatusCode::kUnset);
  EXPECT_EQ(decoded_.resources()[0].service_name, "shop");
}

TEST_P(JaegerTest, A64BitTraceIdIsPaddedOnTheLeft) {
  span_->set_trace_id(trace_id(0, 0x48485a3953bb6124));
  EXPECT_EQ(decode().trace_id.hex(), "000000000000000048485a3953bb6124");
}

TEST_P(JaegerTest, TagsKeepTheirTypes) {
  auto* tags = span_->mutable_tags();
  add_text(tags, "text", "äöü");
  add_bool(tags, "yes", true);
  add_bool(tags, "no", false);
  add_int(tags, "least", INT64_MIN);
  auto* real = tags->Add();
  real->set_key("real");
  real->set_v_type(jaeger::FLOAT64);
  real->set_v_float64(0.25);
  auto* bytes = tags->Add();
  bytes->set_key("bytes");
  bytes->set_v_type(jaeger::BINARY);
  bytes->set_v_binary(std::string("\0\xFF", 2));
  auto attributes = decode().attributes();
  EXPECT_EQ(attributes.find("text")->as_bytes(), "äöü");
  EXPECT_EQ(attributes.find("yes")->type(), otlp::ValueType::kBool);
  EXPECT_TRUE(attributes.find("yes")->as_bool());
  EXPECT_FALSE(attributes.find("no")->as_bool());
  EXPECT_EQ(attributes.find("least")->as_int(), INT64_MIN);
  EXPECT_EQ(attributes.find("real")->as_double(), 0.25);
  EXPECT_EQ(attributes.find("bytes")->type(), otlp::ValueType::kBytes);
  EXPECT_EQ(attributes.find("bytes")->as_bytes(), std::string_view("\0\xFF", 2));
  EXPECT_EQ(keys(attributes), "text yes no least real bytes ");
}

TEST_P(JaegerTest, OfARepeatedKeyTheLastValueCountsAtTheFirstPlace) {
  add_text(span_->mutable_tags(), "a", "old");
  add_text(span_->mutable_tags(), "b", "x");
  add_int(span_->mutable_tags(), "a", 7);
  otlp::Span span = decode();
  EXPECT_EQ(keys(span.attributes()), "a b ");
  EXPECT_EQ(span.attributes().find("a")->as_int(), 7);
}

TEST_P(JaegerTest, TheProcessIsTheResource) {
  auto* tags = batch_.mutable_process()->mutable_tags();
  add_text(tags, "hostname", "node-1");
  add_text(tags, "jaeger.version", "Python-4.8.0");
  add_int(tags, "cpus", 2);
  decode();
  auto attributes = decoded_.resources()[0].attributes();
  EXPECT_EQ(text(attributes, "service.name"), "shop");
  EXPECT_EQ(text(attributes, "host.name"), "node-1");
  EXPECT_EQ(text(attributes, "opencensus.exporterversion"), "Jaeger-Python-4.8.0");
  EXPECT_EQ(attributes.find("cpus")->as_int(), 2);
  EXPECT_EQ(text(attributes, "hostname"), "(none)");
  EXPECT_EQ(text(attributes, "jaeger.version"), "(none)");
}

TEST_P(JaegerTest, NamesThatAreThereAreNotRenamedOver) {
  add_text(batch_.mutable_process()->mutable_tags(), "hostname", "short");
  add_text(batch_.mutable_process()->mutable_tags(), "host.name", "long");
  add_text(batch_.mutable_process()->mutable_tags(), "service.name", "tag");
  decode();
  EXPECT_EQ(keys(decoded_.resources()[0].attributes()), "hostname host.name service.name ");
  EXPECT_EQ(decoded_.resources()[0].service_name, "tag");
}

TEST_P(JaegerTest, TheParentIsTheFirstChildOfReferenceOfTheSameTrace) {
  add_reference(span_, jaeger::FOLLOWS_FROM, trace_id(1, 2), 10);
  add_reference(span_, jaeger::CHILD_OF, trace_id(9, 9), 11);
  add_reference(span_, jaeger::CHILD_OF, trace_id(1, 2), 12);
  add_reference(span_, jaeger::CHILD_OF, trace_id(1, 2), 13);
  otlp::Span span = decode();
  EXPECT_EQ(span.parent_span_id.hex(), "000000000000000c");
  std::string links;
  for (otlp::Link link : span.links())
    links += link.trace_id.hex().substr(15, 1) + ':' + link.span_id.hex().substr(15) + '=' +
             text({link.bytes, otlp::fields::link::kAttributes}, "opentracing.ref_type") + ' ';
  EXPECT_EQ(links, "1:a=follows_from 9:b=child_of 1:d=child_of ");
}

TEST_P(JaegerTest, WithoutChildOfTheSpanItFollowsIsTheParent) {
  add_reference(span_, jaeger::FOLLOWS_FROM, trace_id(1, 2), 10);
  otlp::Span span = decode();
  EXPECT_EQ(span.parent_span_id.hex(), "000000000000000a");
  size_t links = 0;
  for (otlp::Link link : span.links()) links += link.span_id == span.parent_span_id;
  EXPECT_EQ(links, 1u);
}

TEST_P(JaegerTest, LogsAreEvents) {
  auto* log = span_->add_logs();
  log->mutable_timestamp()->set_seconds(1'600'000'001);
  add_text(log->mutable_fields(), "event", "retry");
  add_int(log->mutable_fields(), "attempt", 2);
  auto* nameless = span_->add_logs();
  add_int(nameless->mutable_fields(), "event", 5);
  std::vector<otlp::Event> events;
  otlp::Span span = decode();
  for (otlp::Event event : span.events()) events.push_back(event);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].time, 1'600'000'001'000'000'000u);
  EXPECT_EQ(events[0].name, "retry");
  EXPECT_EQ(keys(events[0].attributes()), "attempt ");
  EXPECT_EQ(events[1].name, "");
  EXPECT_EQ(keys(events[1].attributes()), "event ");
}

TEST_P(JaegerTest, KindsAreMapped) {
  add_text(span_->mutable_tags(), "span.kind", "");
  std::string& kind = *span_->mutable_tags(0)->mutable_v_str();
  for (auto expected : {otlp::SpanKind::kServer, otlp::SpanKind::kClient, otlp::SpanKind::kInternal,
                        otlp::SpanKind::kProducer, otlp::SpanKind::kConsumer}) {
    kind = otlp::name_of(expected);
    otlp::Span span = decode();
    EXPECT_EQ(span.kind, expected) << kind;
    EXPECT_EQ(keys(span.attributes()), "");
  }
  kind = "relay";
  otlp::Span span = decode();
  EXPECT_EQ(span.kind, otlp::SpanKind::kUnspecified);
  EXPECT_EQ(text(span.attributes(), "span.kind"), "relay");
}

TEST_P(JaegerTest, TheErrorTagIsTheStatus) {
  add_bool(span_->mutable_tags(), "error", true);
  add_text(span_->mutable_tags(), "http.status_message", "Bad Gateway");
  otlp::Span span = decode();
  EXPECT_EQ(span.status, otlp::StatusCode::kError);
  EXPECT_EQ(span.status_message, "Bad Gateway");
  EXPECT_EQ(keys(span.attributes()), "http.status_message ");

  add_text(span_->mutable_tags(), "otel.status_code", "OK");
  add_text(span_->mutable_tags(), "otel.status_description", "why");
  span = decode();
  EXPECT_EQ(span.status, otlp::StatusCode::kError);
  EXPECT_EQ(span.status_message, "why");
  EXPECT_EQ(keys(span.attributes()), "http.status_message ");
}

TEST_P(JaegerTest, AnErrorTagThatIsFalseOrTextSaysNothing) {
  add_bool(span_->mutable_tags(), "error", false);
  EXPECT_EQ(decode().status, otlp::StatusCode::kUnset);
  span_->clear_tags();
  add_text(span_->mutable_tags(), "error", "true");
  otlp::Span span = decode();
  EXPECT_EQ(span.status, otlp::StatusCode::kUnset);
  EXPECT_TRUE(span.is_error());
}

TEST_P(JaegerTest, TheStatusOfOpenTelemetryGoesBackToItsPlace) {
  add_text(span_->mutable_tags(), "otel.status_code", "ERROR");
  add_text(span_->mutable_tags(), "otel.status_description", "card refused");
  otlp::Span span = decode();
  EXPECT_EQ(span.status, otlp::StatusCode::kError);
  EXPECT_EQ(span.status_message, "card refused");
  EXPECT_EQ(keys(span.attributes()), "");
  span_->mutable_tags(0)->set_v_str("OK");
  EXPECT_EQ(decode().status, otlp::StatusCode::kOk);
}

TEST_P(JaegerTest, TheHttpStatusCountsIfNothingElseSays) {
  add_int(span_->mutable_tags(), "http.status_code", 404);
  add_text(span_->mutable_tags(), "span.kind", "client");
  EXPECT_EQ(decode().status, otlp::StatusCode::kError);
  span_->mutable_tags(1)->set_v_str("server");
  EXPECT_EQ(decode().status, otlp::StatusCode::kUnset);
  span_->mutable_tags(0)->set_v_int64(503);
  EXPECT_EQ(decode().status, otlp::StatusCode::kError);
  span_->mutable_tags(0)->set_v_int64(302);
  EXPECT_EQ(decode().status, otlp::StatusCode::kUnset);
  span_->mutable_tags(0)->set_v_type(jaeger::STRING);
  span_->mutable_tags(0)->set_v_str("500");
  otlp::Span span = decode();
  EXPECT_EQ(span.status, otlp::StatusCode::kError);
  EXPECT_EQ(text(span.attributes(), "http.status_code"), "500");
}

TEST_P(JaegerTest, ScopeAndTraceStateGoBackToTheirPlaces) {
  add_text(span_->mutable_tags(), "otel.scope.name", "lib");
  add_text(span_->mutable_tags(), "otel.scope.version", "2");
  add_text(span_->mutable_tags(), "otel.library.name", "older");
  add_text(span_->mutable_tags(), "w3c.tracestate", "a=b");
  otlp::Span span = decode();
  EXPECT_EQ(decoded_.scopes()[0].name, "lib");
  EXPECT_EQ(decoded_.scopes()[0].version, "2");
  EXPECT_EQ(span.trace_state, "a=b");
  EXPECT_EQ(keys(span.attributes()), "");
}

TEST_P(JaegerTest, NothingIsLeftOfThePreviousSpan) {
  add_text(span_->mutable_tags(), "a", "x");
  add_reference(span_, jaeger::CHILD_OF, trace_id(1, 2), 10);
  span_->add_logs();
  auto* second = batch_.add_spans();
  second->set_trace_id(trace_id(1, 2));
  second->set_span_id(span_id(4));
  decode();
  ASSERT_EQ(decoded_.spans().size(), 2u);
  otlp::Span span = decoded_.decode(decoded_.spans()[1]);
  EXPECT_EQ(keys(span.attributes()), "");
  EXPECT_TRUE(span.parent_span_id.is_zero());
  EXPECT_EQ(span.name, "");
  EXPECT_TRUE(span.events().begin() == span.events().end());
}

TEST_P(JaegerTest, ANegativeDurationIsKeptAndTimesThatCannotBeAreRefused) {
  span_->mutable_duration()->set_nanos(-2'000'000);
  otlp::Span span = decode();
  EXPECT_EQ(span.end + 2'000'000, span.start);
  span_->mutable_duration()->set_nanos(0);
  span_->mutable_start_time()->set_seconds(-1);
  EXPECT_NE(refusal().find("before 1970"), std::string::npos) << refusal();
  span_->mutable_start_time()->set_seconds(9'223'372'037);
  EXPECT_NE(refusal().find("past the year 2262"), std::string::npos) << refusal();
}

TEST_P(JaegerTest, TooManyTagsAreRefused) {
  for (size_t i = 0; i < limits::kFieldsPerSpan; ++i) add_int(span_->mutable_tags(), "k", 1);
  EXPECT_EQ(refusal(), "accepted");
  add_int(span_->mutable_tags(), "k", 1);
  EXPECT_NE(refusal().find("more than 65536 tags"), std::string::npos) << refusal();
}

TEST_P(JaegerTest, CutShortAnywhereItIsRefusedOrSmaller) {
  add_text(span_->mutable_tags(), "key", "value");
  add_reference(span_, jaeger::CHILD_OF, trace_id(1, 2), 10);
  add_text(span_->add_logs()->mutable_fields(), "event", "x");
  std::string whole = GetParam().encode(batch_);
  for (size_t size = 0; size < whole.size(); ++size) {
    auto bytes = GetParam().decode(std::string_view(whole).substr(0, size));
    // A protobuf message may end after any field; thrift may not.
    bool may_end = std::string_view(GetParam().name) == "proto";
    EXPECT_TRUE(!bytes || may_end) << size;
    if (!bytes) continue;
    EXPECT_TRUE(otlp::Batch::index(SharedBytes::take(*bytes)).has_value()) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, JaegerTest, ::testing::ValuesIn(kFormats),
                         [](const auto& info) { return info.param.name; });

/// Batches that use everything, with times in whole microseconds, since thrift has no others.
class RandomJaeger {
 public:
  jaeger::Batch next() {
    jaeger::Batch batch;
    batch.mutable_process()->set_service_name(text());
    tags(batch.mutable_process()->mutable_tags());
    for (uint64_t left = below(4); left > 0; --left) fill(*batch.add_spans());
    return batch;
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  std::string text() {
    static const std::string kTexts[] = {"",
                                         "span.kind",
                                         "error",
                                         "client",
                                         "ERROR",
                                         "otel.status_code",
                                         "otel.scope.name",
                                         "event",
                                         "http.status_code",
                                         "hostname",
                                         "äö",
                                         std::string(300, 'x')};
    return kTexts[below(std::size(kTexts))];
  }
  void tags(google::protobuf::RepeatedPtrField<jaeger::KeyValue>* list) {
    for (uint64_t left = below(20); left > 0; --left) {
      auto* tag = list->Add();
      tag->set_key(text());
      tag->set_v_type(static_cast<jaeger::ValueType>(below(5)));
      tag->set_v_str(text());
      tag->set_v_bool(below(2) == 0);
      tag->set_v_int64(static_cast<int64_t>(random_() >> below(64)));
      tag->set_v_float64(static_cast<double>(below(1000)) / 8);
      tag->set_v_binary(text());
    }
  }
  template <typename Time>
  void time(Time* time) {
    time->set_seconds(static_cast<int64_t>(below(2'000'000'000)));
    time->set_nanos(static_cast<int32_t>(below(1'000'000) * 1000));
  }
  void fill(jaeger::Span& span) {
    span.set_trace_id(trace_id(below(2) * random_(), random_()));
    span.set_span_id(span_id(random_()));
    span.set_operation_name(text());
    time(span.mutable_start_time());
    time(span.mutable_duration());
    tags(span.mutable_tags());
    for (uint64_t left = below(3); left > 0; --left)
      add_reference(&span, static_cast<jaeger::SpanRefType>(below(2)),
                    below(2) == 0 ? span.trace_id() : trace_id(random_(), random_()), random_());
    for (uint64_t left = below(3); left > 0; --left) {
      auto* log = span.add_logs();
      time(log->mutable_timestamp());
      tags(log->mutable_fields());
    }
  }

  std::mt19937_64 random_{1};
};

TEST(JaegerFormats, AllBecomeTheSameRequest) {
  RandomJaeger random;
  for (int round = 0; round < 300 && !::testing::Test::HasFailure(); ++round) {
    jaeger::Batch batch = random.next();
    auto expected = jaeger_proto_to_otlp(testing::post_spans(batch));
    ASSERT_TRUE(expected.has_value()) << expected.error().message;
    for (const Format& format : kFormats) {
      auto bytes = format.decode(format.encode(batch));
      ASSERT_TRUE(bytes.has_value()) << format.name << ": " << bytes.error().message;
      EXPECT_EQ(otlp::request_json(*bytes), otlp::request_json(*expected)) << format.name;
    }
    EXPECT_EQ(jaeger_binary_batch_to_otlp(BinaryJaeger::batch(batch, /*spans_first=*/true)),
              *expected);
  }
}

TEST(JaegerFormats, OtherCallsAreRefused) {
  auto refused = jaeger_compact_call_to_otlp(CompactJaeger::call({}, "emitZipkinBatch"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  EXPECT_EQ(refused.error().message,
            "the agent's method \"emitZipkinBatch\" is not spoken here, only emitBatch");
}

TEST(JaegerFormats, TheOtherPortsProtocolIsRefused) {
  EXPECT_EQ(testing::refusal(jaeger_compact_call_to_otlp, BinaryJaeger::call({})),
            "thrift: byte 2: no compact message begins so");
  EXPECT_EQ(testing::refusal(jaeger_binary_call_to_otlp, CompactJaeger::call({})),
            "thrift: byte 4: no binary message begins so");
}

TEST(JaegerProto, ASpansOwnProcessWinsOverTheBatchs) {
  jaeger::Batch batch;
  batch.mutable_process()->set_service_name("shop");
  for (uint64_t id : {1, 2}) {
    batch.add_spans()->set_trace_id(trace_id(1, 2));
    batch.mutable_spans(static_cast<int>(id) - 1)->set_span_id(span_id(id));
  }
  batch.mutable_spans(1)->mutable_process()->set_service_name("bank");
  auto decoded = testing::decoded(jaeger_proto_to_otlp, testing::post_spans(batch));
  ASSERT_EQ(decoded.spans().size(), 2u);
  EXPECT_EQ(decoded.resource_of(decoded.spans()[0]).service_name, "shop");
  EXPECT_EQ(decoded.resource_of(decoded.spans()[1]).service_name, "bank");
}

TEST(JaegerProto, IdsOfOtherLengthsAreRefused) {
  jaeger::Batch batch;
  auto* span = batch.add_spans();
  span->set_span_id(span_id(3));
  span->set_trace_id("12345678");
  EXPECT_EQ(testing::decoded(jaeger_proto_to_otlp, testing::post_spans(batch)).spans()[0].trace_id,
            TraceId::from_hex("3132333435363738"));
  span->set_trace_id("123456789");
  EXPECT_EQ(testing::refusal(jaeger_proto_to_otlp, testing::post_spans(batch)), "an ID of 9 bytes");
}

}  // namespace
}  // namespace clew::receive
