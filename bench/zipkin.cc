#include "bench/zipkin.h"

#include <algorithm>

#include "base/json.h"
#include "otlp/batch.h"

namespace clew::bench {
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

std::string zipkin_json(std::string request) {
  auto batch = otlp::Batch::index(SharedBytes::take(std::move(request)));
  JsonWriter json;
  json.begin_array();
  for (const otlp::SpanRef& ref : batch.value().spans())
    write_span(json, batch->decode(ref), batch->resource_of(ref).service_name);
  return json.end_array().take();
}

}  // namespace clew::bench
