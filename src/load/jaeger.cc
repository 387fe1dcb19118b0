#include "load/jaeger.h"

#include <cstring>
#include <map>
#include <protozero/pbf_writer.hpp>

#include "load/thrift_writer.h"
#include "otlp/batch.h"

namespace clew::load {
namespace {

constexpr size_t kMessageBytes = 65'000;
/// Process, heads and closing bytes around the spans.
constexpr size_t kFrameBytes = 200;
constexpr uint64_t kNanosPerMicro = 1000, kNanosPerSecond = 1'000'000'000;

int64_t number(std::string_view raw) {
  uint64_t number = 0;
  std::memcpy(&number, raw.data(), sizeof(number));
  return static_cast<int64_t>(__builtin_bswap64(number));
}

/// Calls `tag(key, text)` for all that becomes a tag; what is no string is written as one, as the
/// mesh's spans have few others.
template <typename F>
void for_each_tag(const otlp::Span& span, F&& tag) {
  tag("span.kind", otlp::name_of(span.kind));
  for (otlp::Attribute attribute : span.attributes()) tag(attribute.key, attribute.value.text());
}

size_t tag_count(const otlp::Span& span) {
  size_t count = 1;  // span.kind
  for ([[maybe_unused]] otlp::Attribute attribute : span.attributes()) ++count;
  return count;
}

template <typename Writer>
std::string thrift_span(const otlp::Span& span) {
  std::string out;
  Writer writer(out);
  auto i64 = [&](int16_t id, int16_t last_id, int64_t value) {
    writer.field(ThriftType::kI64, id, last_id);
    writer.i64(value);
  };
  i64(1, 0, number(span.trace_id.raw().substr(8)));
  i64(2, 1, number(span.trace_id.raw()));
  i64(3, 2, number(span.span_id.raw()));
  i64(4, 3, number(span.parent_span_id.raw()));
  writer.field(ThriftType::kText, 5, 4);
  writer.bytes(span.name);
  writer.field(ThriftType::kI32, 7, 5);
  writer.i32(1);
  i64(8, 7, static_cast<int64_t>(span.start / kNanosPerMicro));
  i64(9, 8, static_cast<int64_t>(span.duration() / kNanosPerMicro));
  writer.field(ThriftType::kList, 10, 9);
  writer.structs(tag_count(span));
  for_each_tag(span, [&](std::string_view key, std::string_view text) {
    writer.field(ThriftType::kText, 1, 0);
    writer.bytes(key);
    writer.field(ThriftType::kI32, 2, 1);
    writer.i32(0);
    writer.field(ThriftType::kText, 3, 2);
    writer.bytes(text);
    writer.stop();
  });
  writer.stop();
  return out;
}

/// The fields of a Batch.
template <typename Writer>
void write_batch(Writer& writer, std::string& out, std::string_view service,
                 const std::vector<std::string>& spans) {
  writer.field(ThriftType::kStruct, 1, 0);
  writer.field(ThriftType::kText, 1, 0);
  writer.bytes(service);
  writer.stop();
  writer.field(ThriftType::kList, 2, 1);
  writer.structs(spans.size());
  for (const std::string& span : spans) out += span;
  writer.stop();
}

template <typename Writer>
std::string thrift_batch(std::string_view service, const std::vector<std::string>& spans) {
  std::string out;
  Writer writer(out);
  write_batch(writer, out, service, spans);
  return out;
}

template <typename Writer>
std::string thrift_call(std::string_view service, const std::vector<std::string>& spans) {
  std::string out;
  Writer writer(out);
  writer.call("emitBatch");
  writer.field(ThriftType::kStruct, 1, 0);
  write_batch(writer, out, service, spans);
  writer.stop();
  return out;
}

void add_time(protozero::pbf_writer& out, protozero::pbf_tag_type tag, uint64_t nanos) {
  protozero::pbf_writer time(out, tag);
  time.add_int64(1, static_cast<int64_t>(nanos / kNanosPerSecond));
  time.add_int32(2, static_cast<int32_t>(nanos % kNanosPerSecond));
}

std::string proto_span(const otlp::Span& span) {
  std::string out;
  protozero::pbf_writer writer(out);
  writer.add_bytes(1, span.trace_id.raw().data(), span.trace_id.raw().size());
  writer.add_bytes(2, span.span_id.raw().data(), span.span_id.raw().size());
  writer.add_string(3, span.name.data(), span.name.size());
  if (!span.parent_span_id.is_zero()) {
    protozero::pbf_writer reference(writer, 4);
    reference.add_bytes(1, span.trace_id.raw().data(), span.trace_id.raw().size());
    reference.add_bytes(2, span.parent_span_id.raw().data(), span.parent_span_id.raw().size());
  }
  add_time(writer, 6, span.start);
  add_time(writer, 7, span.duration());
  for_each_tag(span, [&](std::string_view key, std::string_view text) {
    protozero::pbf_writer tag(writer, 8);
    tag.add_string(1, key.data(), key.size());
    tag.add_string(3, text.data(), text.size());
  });
  return out;
}

std::string proto_request(std::string_view service, const std::vector<std::string>& spans) {
  std::string out;
  protozero::pbf_writer request(out);
  protozero::pbf_writer batch(request, 1);
  for (const std::string& span : spans) batch.add_message(1, span);
  protozero::pbf_writer process(batch, 2);
  process.add_string(1, service.data(), service.size());
  process.commit();
  batch.commit();
  return out;
}

using EncodeSpan = std::string (*)(const otlp::Span&);
using EncodeMessage = std::string (*)(std::string_view, const std::vector<std::string>&);

Messages encode(const otlp::Batch& batch, EncodeSpan encode_span, EncodeMessage encode_message) {
  struct Waiting {
    std::vector<std::string> spans;
    size_t bytes = 0;
  };
  std::map<std::string_view, Waiting> services;
  Messages messages;
  auto flush = [&](std::string_view service, Waiting& waiting) {
    messages.push_back({encode_message(service, waiting.spans), waiting.spans.size()});
    waiting = {};
  };
  for (const otlp::SpanRef& ref : batch.spans()) {
    std::string_view service = batch.resource_of(ref).service_name;
    Waiting& waiting = services[service];
    std::string span = encode_span(batch.decode(ref));
    if (waiting.bytes + span.size() + kFrameBytes > kMessageBytes) flush(service, waiting);
    waiting.bytes += span.size();
    waiting.spans.push_back(std::move(span));
  }
  for (auto& [service, waiting] : services) flush(service, waiting);
  return messages;
}

}  // namespace

Messages jaeger_messages(std::string request, JaegerFormat format) {
  otlp::Batch batch = otlp::Batch::index(SharedBytes::take(std::move(request))).value();
  switch (format) {
    case JaegerFormat::kCompactCall:
      return encode(batch, thrift_span<ThriftCompactWriter>, thrift_call<ThriftCompactWriter>);
    case JaegerFormat::kBinaryCall:
      return encode(batch, thrift_span<ThriftBinaryWriter>, thrift_call<ThriftBinaryWriter>);
    case JaegerFormat::kBinaryBatch:
      return encode(batch, thrift_span<ThriftBinaryWriter>, thrift_batch<ThriftBinaryWriter>);
    default:
      return encode(batch, proto_span, proto_request);
  }
}

}  // namespace clew::load
