// What the workload becomes in Jaeger's and Zipkin's formats, read by libthrift and the official
// protobuf classes.
#include <gtest/gtest.h>

#include <jaeger/api_v2/collector.pb.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>
#include <zipkin.pb.h>

#include <map>

#include "load/jaeger.h"
#include "load/workload.h"
#include "load/zipkin.h"

namespace clew::load {
namespace {

namespace tp = apache::thrift::protocol;

/// What is compared of a span, in every format: IDs as hex, times in microseconds.
struct Facts {
  std::string parent, service, name;
  uint64_t start_us = 0, duration_us = 0;
  std::map<std::string, std::string> tags;  // span.kind among them

  bool operator==(const Facts&) const = default;
};
using Spans = std::map<std::string, Facts>;  // by trace and span ID

std::string hex(uint64_t number) {
  return fmt::format("{:016x}", number);
}

template <size_t Size>
std::string hex(std::string_view raw) {
  return Id<Size>::from_raw(raw).value().hex();
}

Spans facts_of(const std::string& request) {
  auto batch = otlp::Batch::index(SharedBytes::copy(request)).value();
  Spans spans;
  for (const otlp::SpanRef& ref : batch.spans()) {
    otlp::Span span = batch.decode(ref);
    Facts& facts = spans[span.trace_id.hex() + span.span_id.hex()];
    facts = {.parent = span.parent_span_id.hex(),
             .service = std::string(batch.resource_of(ref).service_name),
             .name = std::string(span.name),
             .start_us = span.start / 1000,
             .duration_us = span.duration() / 1000};
    facts.tags["span.kind"] = otlp::name_of(span.kind);
    for (otlp::Attribute attribute : span.attributes())
      facts.tags[std::string(attribute.key)] = attribute.value.text();
  }
  return spans;
}

/// Reads Jaeger's Batch by jaeger.thrift.
class JaegerReader {
 public:
  JaegerReader(tp::TProtocol& protocol, Spans& spans) : in_(protocol), spans_(spans) {}

  void call() {
    std::string method;
    tp::TMessageType type{};
    int32_t sequence = 0;
    in_.readMessageBegin(method, type, sequence);
    EXPECT_EQ(method, "emitBatch");
    EXPECT_EQ(type, tp::T_ONEWAY);
    fields([&](int16_t id) {
      EXPECT_EQ(id, 1);
      batch();
    });
    in_.readMessageEnd();
  }

  void batch() {
    std::string service;
    fields([&](int16_t id) {
      if (id == 1)
        fields([&](int16_t) { in_.readString(service); });
      else
        list([&] { span(service); });
    });
  }

 private:
  void span(const std::string& service) {
    std::map<int16_t, int64_t> numbers;
    Facts facts{.service = service};
    fields([&](int16_t id) {
      if (id == 5) {
        in_.readString(facts.name);
      } else if (id == 7) {
        int32_t flags = 0;
        in_.readI32(flags);
      } else if (id == 10) {
        list([&] { tag(facts); });
      } else {
        in_.readI64(numbers[id]);
      }
    });
    auto id_of = [&](int16_t id) { return hex(uint64_t(numbers[id])); };
    facts.parent = id_of(4);
    facts.start_us = uint64_t(numbers[8]);
    facts.duration_us = uint64_t(numbers[9]);
    spans_[id_of(2) + id_of(1) + id_of(3)] = facts;
  }

  void tag(Facts& facts) {
    std::string key, text;
    fields([&](int16_t id) {
      int32_t type = 0;
      if (id == 1) in_.readString(key);
      if (id == 2) in_.readI32(type);
      if (id == 3) in_.readString(text);
      EXPECT_EQ(type, 0);  // STRING
    });
    facts.tags[key] = text;
  }

  template <typename F>
  void fields(F&& read) {
    std::string name;
    in_.readStructBegin(name);
    while (true) {
      tp::TType type{};
      int16_t id = 0;
      in_.readFieldBegin(name, type, id);
      if (type == tp::T_STOP) break;
      read(id);
      in_.readFieldEnd();
    }
    in_.readStructEnd();
  }
  template <typename F>
  void list(F&& read) {
    tp::TType type{};
    uint32_t size = 0;
    in_.readListBegin(type, size);
    for (uint32_t i = 0; i < size; ++i) read();
    in_.readListEnd();
  }

  tp::TProtocol& in_;
  Spans& spans_;
};

template <typename Protocol>
Spans read_thrift(const Messages& messages, bool calls) {
  Spans spans;
  for (const Message& message : messages) {
    auto memory = std::make_shared<apache::thrift::transport::TMemoryBuffer>();
    memory->write(reinterpret_cast<const uint8_t*>(message.bytes.data()),
                  uint32_t(message.bytes.size()));
    Protocol protocol(memory);
    JaegerReader reader(protocol, spans);
    size_t before = spans.size();
    if (calls)
      reader.call();
    else
      reader.batch();
    EXPECT_EQ(spans.size() - before, message.spans);
    EXPECT_EQ(memory->available_read(), 0u);
  }
  return spans;
}

struct Request {
  std::string bytes = Workload(1).next_request(512);
  Spans spans = facts_of(bytes);
};

TEST(JaegerMessages, LibthriftReadsTheSpansOfTheWorkload) {
  Request request;
  ASSERT_EQ(request.spans.size(), 512u);
  EXPECT_EQ(read_thrift<tp::TCompactProtocol>(
                jaeger_messages(request.bytes, JaegerFormat::kCompactCall), /*calls=*/true),
            request.spans);
  EXPECT_EQ(read_thrift<tp::TBinaryProtocol>(
                jaeger_messages(request.bytes, JaegerFormat::kBinaryCall), /*calls=*/true),
            request.spans);
  EXPECT_EQ(read_thrift<tp::TBinaryProtocol>(
                jaeger_messages(request.bytes, JaegerFormat::kBinaryBatch), /*calls=*/false),
            request.spans);
}

TEST(JaegerMessages, FitIntoPackets) {
  std::string request = Workload(1).next_request(5000);
  for (JaegerFormat format : {JaegerFormat::kCompactCall, JaegerFormat::kBinaryCall}) {
    Messages messages = jaeger_messages(request, format);
    uint64_t spans = 0;
    for (const Message& message : messages) {
      EXPECT_LE(message.bytes.size(), 65'000u);
      spans += message.spans;
    }
    EXPECT_EQ(spans, 5000u);
    EXPECT_GT(messages.size(), 5000u * 800 / 65'000);
  }
}

TEST(JaegerMessages, TheOfficialClassesReadTheProtobuf) {
  Request request;
  Spans spans;
  for (const Message& message : jaeger_messages(request.bytes, JaegerFormat::kProto)) {
    jaeger::api_v2::PostSpansRequest post;
    ASSERT_TRUE(post.ParseFromString(message.bytes));
    EXPECT_EQ(uint64_t(post.batch().spans_size()), message.spans);
    for (const auto& span : post.batch().spans()) {
      Facts& facts = spans[hex<16>(span.trace_id()) + hex<8>(span.span_id())];
      facts.parent = span.references_size() > 0 ? hex<8>(span.references(0).span_id()) : hex(0);
      facts.service = post.batch().process().service_name();
      facts.name = span.operation_name();
      facts.start_us = uint64_t(span.start_time().seconds()) * 1'000'000 +
                       uint64_t(span.start_time().nanos()) / 1000;
      facts.duration_us = uint64_t(span.duration().seconds()) * 1'000'000 +
                          uint64_t(span.duration().nanos()) / 1000;
      for (const auto& tag : span.tags()) facts.tags[tag.key()] = tag.v_str();
    }
  }
  EXPECT_EQ(spans, request.spans);
}

TEST(ZipkinProto, TheOfficialClassesReadIt) {
  Request request;
  zipkin::proto3::ListOfSpans list;
  ASSERT_TRUE(list.ParseFromString(zipkin_proto(request.bytes)));
  Spans spans;
  for (const auto& span : list.spans()) {
    Facts& facts = spans[hex<16>(span.trace_id()) + hex<8>(span.id())];
    facts = {.parent = span.parent_id().empty() ? hex(0) : hex<8>(span.parent_id()),
             .service = span.local_endpoint().service_name(),
             .name = span.name(),
             .start_us = span.timestamp(),
             .duration_us = span.duration(),
             .tags = {span.tags().begin(), span.tags().end()}};
    facts.tags["span.kind"] = span.kind() == zipkin::proto3::Span::SERVER ? "server" : "client";
  }
  EXPECT_EQ(spans, request.spans);
}

}  // namespace
}  // namespace clew::load
