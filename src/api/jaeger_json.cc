#include "api/jaeger_json.h"

#include <cmath>
#include <utility>

#include "otlp/jaeger_proto.h"
#include "store/trace_id.h"

namespace clew::api {
namespace {

using otlp::Value;
using otlp::ValueType;

constexpr uint64_t kNanosPerMicro = 1000;
// A JavaScript number holds whole numbers up to here; Jaeger writes larger ones as strings.
constexpr int64_t kLargestExact = (int64_t{1} << 53) - 1;

std::string_view jaeger_type(ValueType type) {
  switch (type) {
    case ValueType::kBool:
      return "bool";
    case ValueType::kInt:
      return "int64";
    case ValueType::kDouble:
      return "float64";
    case ValueType::kBytes:
      return "binary";
    default:
      return "string";  // arrays and maps too, as JSON text
  }
}

bool is_exact(int64_t number) {
  return number >= -kLargestExact && number <= kLargestExact;
}

void write_value(JsonWriter& json, const Value& value) {
  bool plain = value.type() == ValueType::kBool ||
               (value.type() == ValueType::kInt && is_exact(value.as_int())) ||
               (value.type() == ValueType::kDouble && std::isfinite(value.as_double()));
  if (plain)
    json.raw(value.text());
  else
    json.value(value.text());
}

void write_tag(JsonWriter& json, std::string_view key, const Value& value) {
  json.begin_object().member("key", key).member("type", jaeger_type(value.type())).key("value");
  write_value(json, value);
  json.end_object();
}

void write_text_tag(JsonWriter& json, std::string_view key, std::string_view text) {
  json.begin_object().member("key", key).member("type", "string").member("value", text);
  json.end_object();
}

void write_tags(JsonWriter& json, otlp::AttributeRange attributes, std::string_view except = {}) {
  for (otlp::Attribute attribute : attributes)
    if (except.empty() || attribute.key != except) write_tag(json, attribute.key, attribute.value);
}

/// The attributes of a span that are tags.
void write_span_tags(JsonWriter& json, const otlp::Span& span) {
  bool failed = span.status == otlp::StatusCode::kError;  // then `error` is told by the status
  for (otlp::Attribute attribute : span.attributes()) {
    if ((failed && attribute.key == "error") || attribute.key == otlp::kJaegerWarnings) continue;
    write_tag(json, attribute.key, attribute.value);
  }
}

void write_warnings(JsonWriter& json, const otlp::Span& span) {
  bool any = false;
  json.key("warnings");
  for (otlp::Attribute attribute : span.attributes()) {
    if (attribute.key != otlp::kJaegerWarnings) continue;
    for (const otlp::Value& warning : attribute.value.elements()) {
      if (!std::exchange(any, true)) json.begin_array();
      json.value(warning.text());
    }
  }
  any ? json.end_array() : json.null();
}

void write_reference(JsonWriter& json, std::string_view type, const TraceId& trace,
                     const SpanId& span) {
  json.begin_object().member("refType", type).member("traceID", jaeger_trace_id(trace));
  json.member("spanID", span.hex()).end_object();
}

void write_references(JsonWriter& json, const otlp::Span& span) {
  json.key("references").begin_array();
  if (!span.parent_span_id.is_zero())
    write_reference(json, "CHILD_OF", span.trace_id, span.parent_span_id);
  for (otlp::Link link : span.links()) {
    auto type = link.attributes().find("opentracing.ref_type");
    bool child = type && type->as_bytes() == "child_of";
    write_reference(json, child ? "CHILD_OF" : "FOLLOWS_FROM", link.trace_id, link.span_id);
  }
  json.end_array();
}

/// The tags that stand for span fields Jaeger has no place for.
void write_field_tags(JsonWriter& json, const otlp::Span& span, const otlp::ScopeRef& scope) {
  if (span.kind != otlp::SpanKind::kUnspecified)
    write_text_tag(json, "span.kind", name_of(span.kind));
  if (span.status == otlp::StatusCode::kError) {
    write_text_tag(json, "otel.status_code", "ERROR");
    json.begin_object().member("key", "error").member("type", "bool").member("value", true);
    json.end_object();
  } else if (span.status == otlp::StatusCode::kOk) {
    write_text_tag(json, "otel.status_code", "OK");
  }
  if (!span.status_message.empty())
    write_text_tag(json, "otel.status_description", span.status_message);
  if (!span.trace_state.empty()) write_text_tag(json, "w3c.tracestate", span.trace_state);
  if (!scope.name.empty()) write_text_tag(json, "otel.scope.name", scope.name);
  if (!scope.version.empty()) write_text_tag(json, "otel.scope.version", scope.version);
}

void write_logs(JsonWriter& json, const otlp::Span& span) {
  json.key("logs").begin_array();
  for (otlp::Event event : span.events()) {
    json.begin_object().member("timestamp", event.time / kNanosPerMicro).key("fields");
    json.begin_array();
    if (!event.name.empty()) write_text_tag(json, "event", event.name);
    write_tags(json, event.attributes());
    json.end_array().end_object();
  }
  json.end_array();
}

void write_span(JsonWriter& json, const otlp::Span& span, const otlp::ScopeRef& scope,
                size_t process) {
  json.begin_object();
  json.member("traceID", jaeger_trace_id(span.trace_id)).member("spanID", span.span_id.hex());
  if (uint32_t flags = span.flags & 0xff) json.member("flags", flags);
  json.member("operationName", span.name);
  write_references(json, span);
  json.member("startTime", span.start / kNanosPerMicro);
  json.member("duration", span.duration() / kNanosPerMicro);
  json.key("tags").begin_array();
  write_span_tags(json, span);
  write_field_tags(json, span, scope);
  json.end_array();
  write_logs(json, span);
  json.member("processID", fmt::format("p{}", process + 1));
  write_warnings(json, span);
  json.end_object();
}

void write_process(JsonWriter& json, std::string_view service, otlp::AttributeRange attributes) {
  // What Jaeger calls the service of a resource that has none.
  if (service.empty()) service = "OTLPResourceNoServiceName";
  json.begin_object().member("serviceName", service).key("tags").begin_array();
  write_tags(json, attributes, "service.name");
  json.end_array().end_object();
}

}  // namespace

std::string jaeger_trace_id(const TraceId& id) {
  std::string hex = id.hex();
  return hex.starts_with("0000000000000000") ? hex.substr(16) : hex;
}

JaegerTraceWriter::JaegerTraceWriter(JsonWriter& json, const TraceId& id) : json_(json), id_(id) {
  json_.begin_object().member("traceID", id.is_zero() ? "" : jaeger_trace_id(id));
  json_.key("spans").begin_array();
}

void JaegerTraceWriter::add(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  otlp::Span span = batch.decode(ref);
  span.trace_id = id_;
  write_span(json_, span, batch.scope_of(ref), process_of(batch, ref.resource));
}

size_t JaegerTraceWriter::process_of(const otlp::Batch& batch, uint32_t resource) {
  const otlp::ResourceRef& ref = batch.resources()[resource];
  Numbering::Place place = numbers_.place_of(batch, resource, batch.resources().size(), ref.bytes);
  if (place.is_new) {
    process_bytes_ += ref.service_name.size() + sizeof(Process);
    processes_.push_back({std::string(ref.service_name), place.message});
  }
  return place.number;
}

void JaegerTraceWriter::finish() {
  json_.end_array().key("processes").begin_object();
  for (size_t i = 0; i < processes_.size(); ++i) {
    json_.key(fmt::format("p{}", i + 1));
    write_process(json_, processes_[i].service,
                  {processes_[i].resource, otlp::fields::resource::kAttributes});
  }
  json_.end_object().key("warnings").null();
  json_.end_object();
}

void write_jaeger_trace(JsonWriter& json, const otlp::Batch& trace) {
  JaegerTraceWriter writer(json, store::trace_id_of(trace));
  for (const otlp::SpanRef& ref : trace.spans()) writer.add(trace, ref);
  writer.finish();
}

}  // namespace clew::api
