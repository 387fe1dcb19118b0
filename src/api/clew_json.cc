#include "api/clew_json.h"

#include <cmath>

#include "base/json.h"
#include "store/trace_id.h"

namespace clew::api {
namespace {

using otlp::ValueType;

constexpr uint64_t kNanosPerMicro = 1000;

void write_attributes(JsonWriter& json, otlp::AttributeRange attributes) {
  json.key("attributes").begin_array();
  for (otlp::Attribute attribute : attributes) {
    ValueType type = attribute.value.type();
    json.begin_object().member("key", attribute.key).member("type", type_name(type)).key("value");
    // Whole numbers stand as text: a JavaScript number would round them past 2^53.
    bool as_is = type == ValueType::kBool || type == ValueType::kArray || type == ValueType::kMap ||
                 (type == ValueType::kDouble && std::isfinite(attribute.value.as_double()));
    if (as_is)
      json.raw(attribute.value.text());
    else
      json.value(attribute.value.text());
    json.end_object();
  }
  json.end_array();
}

/// Signed: clocks differ, so an event may come before the trace's first span.
int64_t offset(UnixNanos time, UnixNanos start) {
  return static_cast<int64_t>(time - start);
}

void write_events(JsonWriter& json, const otlp::Span& span, UnixNanos start) {
  json.key("events").begin_array();
  for (otlp::Event event : span.events()) {
    json.begin_object().member("timeNs", offset(event.time, start)).member("name", event.name);
    write_attributes(json, event.attributes());
    json.end_object();
  }
  json.end_array();
}

void write_links(JsonWriter& json, const otlp::Span& span) {
  json.key("links").begin_array();
  for (otlp::Link link : span.links()) {
    json.begin_object().member("traceId", link.trace_id.hex()).member("spanId", link.span_id.hex());
    write_attributes(json, link.attributes());
    json.end_object();
  }
  json.end_array();
}

/// The members of a span's object, which the caller begins and ends.
void write_members(JsonWriter& json, const ClewSpan& told) {
  const otlp::Span& span = told.span;
  bool has_start = span.start != 0;
  json.member("spanId", span.span_id.hex());
  json.member("parentId", span.parent_span_id.is_zero() ? "" : span.parent_span_id.hex());
  json.member("name", span.name).member("kind", name_of(span.kind));
  json.member("startNs", has_start ? offset(span.start, told.trace_start) : 0);
  json.member("durationNs", has_start ? span.duration() : 0);
  json.key("status").begin_object().member("code", name_of(span.status));
  json.member("message", span.status_message).end_object();
  json.member("resource", told.resource).member("scope", told.scope);
  json.member("flags", span.flags).member("traceState", span.trace_state);
  write_attributes(json, span.attributes());
  write_events(json, span, told.trace_start);
  write_links(json, span);
  json.member("droppedAttributes", span.dropped_attributes);
  json.member("droppedEvents", span.dropped_events);
  json.member("droppedLinks", span.dropped_links);
}

}  // namespace

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::kEmpty:
    case ValueType::kString:
      return "string";
    case ValueType::kBool:
      return "bool";
    case ValueType::kInt:
      return "int64";
    case ValueType::kDouble:
      return "float64";
    case ValueType::kArray:
      return "array";
    case ValueType::kMap:
      return "map";
    case ValueType::kBytes:
      return "binary";
  }
  return "string";
}

void write_clew_summary(JsonWriter& json, const query::TraceSummary& trace) {
  json.begin_object();
  write_clew_summary_members(json, trace);
  json.end_object();
}

void write_clew_summary_members(JsonWriter& json, const query::TraceSummary& trace) {
  json.member("traceId", trace.id.hex());
  json.member("rootService", trace.root_service).member("rootOperation", trace.root_operation);
  json.member("startUs", trace.start / kNanosPerMicro);
  json.member("durationUs", trace.duration / kNanosPerMicro);
  json.member("spanCount", trace.span_count).member("errorCount", trace.error_count);
  json.member("rootMissing", trace.root_missing).key("services").begin_array();
  for (const query::ServiceSummary& service : trace.services) {
    json.begin_object().member("name", service.name).member("spanCount", service.span_count);
    json.member("errorCount", service.error_count).end_object();
  }
  json.end_array();
}

void write_clew_span(JsonWriter& json, const ClewSpan& span) {
  json.begin_object();
  write_members(json, span);
  json.end_object();
}

void write_clew_resource(JsonWriter& json, const otlp::ResourceRef& resource) {
  json.begin_object().member("service", resource.service_name);
  write_attributes(json, resource.attributes());
  json.end_object();
}

void write_clew_scope(JsonWriter& json, const otlp::ScopeRef& scope) {
  json.begin_object().member("name", scope.name).member("version", scope.version).end_object();
}

std::string clew_page_json(const query::TracePage& page, const TraceId& asked) {
  JsonWriter json;
  TraceId id = page.rows.empty() ? asked : store::trace_id_of(page.spans);
  json.begin_object().member("traceId", id.hex());
  json.member("startNs", std::to_string(page.start)).member("durationNs", page.duration);
  json.member("complete", page.complete).member("from", page.from).member("total", page.total);
  json.key("resources").begin_array();
  for (const otlp::ResourceRef& resource : page.spans.resources())
    write_clew_resource(json, resource);
  json.end_array().key("scopes").begin_array();
  for (const otlp::ScopeRef& scope : page.spans.scopes()) write_clew_scope(json, scope);
  json.end_array();
  json.key("spans").begin_array();
  for (const query::TracePage::Row& row : page.rows) {
    const otlp::SpanRef& ref = page.spans.spans()[row.span];
    json.begin_object().member("row", row.number);
    write_members(json, {page.spans.decode(ref), ref.resource, ref.scope, page.start});
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace clew::api
