#include "load/zipkin.h"

#include <algorithm>
#include <protozero/pbf_writer.hpp>

#include "base/json.h"
#include "otlp/batch.h"

namespace clew::load {
namespace {

constexpr uint64_t kNanosPerMicro = 1000;

std::string_view zipkin_kind(otlp::SpanKind kind) {
  return kind == otlp::SpanKind::kServer ? "SERVER" : "CLIENT";  // the workload has no others
}

void write_span(JsonWriter& json, const otlp::Span& span, std::string_view service) {
  json.begin_object().member("traceId", span.trace_id.hex()).member("id", span.span_id.hex());
  if (!span.parent_span_id.is_zero()) json.member("parentId", span.parent_span_id.hex());
  json.member("name", span.name).member("kind", zipkin_kind(span.kind));
  json.member("timestamp", span.start / kNanosPerMicro);
  json.member("duration", std::max<uint64_t>(1, span.duration() / kNanosPerMicro));
  json.key("localEndpoint").begin_object().member("serviceName", service).end_object();
  json.key("tags").begin_object();
  for (const otlp::Attribute& attribute : span.attributes())
    json.member(attribute.key, attribute.value.text());
  json.end_object().end_object();
}

}  // namespace

std::string zipkin_proto(std::string request) {
  auto batch = otlp::Batch::index(SharedBytes::take(std::move(request)));
  std::string out;
  for (const otlp::SpanRef& ref : batch.value().spans()) {
    protozero::pbf_writer list(out);
    protozero::pbf_writer writer(list, 1);
    otlp::Span span = batch->decode(ref);
    std::string_view service = batch->resource_of(ref).service_name;
    writer.add_bytes(1, span.trace_id.raw().data(), span.trace_id.raw().size());
    if (!span.parent_span_id.is_zero())
      writer.add_bytes(2, span.parent_span_id.raw().data(), span.parent_span_id.raw().size());
    writer.add_bytes(3, span.span_id.raw().data(), span.span_id.raw().size());
    writer.add_enum(4, span.kind == otlp::SpanKind::kServer ? 2 : 1);
    writer.add_string(5, span.name.data(), span.name.size());
    writer.add_fixed64(6, span.start / kNanosPerMicro);
    writer.add_uint64(7, std::max<uint64_t>(1, span.duration() / kNanosPerMicro));
    {
      protozero::pbf_writer endpoint(writer, 8);
      endpoint.add_string(1, service.data(), service.size());
    }
    for (const otlp::Attribute& attribute : span.attributes()) {
      protozero::pbf_writer tag(writer, 11);
      tag.add_string(1, attribute.key.data(), attribute.key.size());
      tag.add_string(2, attribute.value.text());
    }
  }
  return out;
}

std::string zipkin_json(std::string request) {
  auto batch = otlp::Batch::index(SharedBytes::take(std::move(request)));
  JsonWriter json;
  json.begin_array();
  for (const otlp::SpanRef& ref : batch.value().spans())
    write_span(json, batch->decode(ref), batch->resource_of(ref).service_name);
  return json.end_array().take();
}

}  // namespace clew::load
