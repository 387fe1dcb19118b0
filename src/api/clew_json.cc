#include "api/clew_json.h"

#include <algorithm>
#include <cmath>
#include <vector>

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
void write_span(JsonWriter& json, const otlp::Span& span, const otlp::SpanRef& ref,
                UnixNanos start) {
  json.member("spanId", span.span_id.hex());
  json.member("parentId", span.parent_span_id.is_zero() ? "" : span.parent_span_id.hex());
  json.member("name", span.name).member("kind", name_of(span.kind));
  json.member("startNs", offset(span.start, start)).member("durationNs", span.duration());
  json.key("status").begin_object().member("code", name_of(span.status));
  json.member("message", span.status_message).end_object();
  json.member("resource", ref.resource).member("scope", ref.scope);
  json.member("flags", span.flags).member("traceState", span.trace_state);
  write_attributes(json, span.attributes());
  write_events(json, span, start);
  write_links(json, span);
  json.member("droppedAttributes", span.dropped_attributes);
  json.member("droppedEvents", span.dropped_events);
  json.member("droppedLinks", span.dropped_links);
}

void write_resources(JsonWriter& json, const otlp::Batch& trace) {
  json.key("resources").begin_array();
  for (const otlp::ResourceRef& resource : trace.resources()) {
    json.begin_object().member("service", resource.service_name);
    write_attributes(json, resource.attributes());
    json.end_object();
  }
  json.end_array().key("scopes").begin_array();
  for (const otlp::ScopeRef& scope : trace.scopes())
    json.begin_object().member("name", scope.name).member("version", scope.version).end_object();
  json.end_array();
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

std::string clew_trace_json(const otlp::Batch& trace, bool complete) {
  struct Row {
    otlp::SpanRef ref;
    otlp::Span span;
  };
  std::vector<Row> rows;
  rows.reserve(trace.spans().size());
  for (const otlp::SpanRef& ref : trace.spans()) rows.push_back({ref, trace.decode(ref)});
  std::ranges::stable_sort(rows, {}, [](const Row& row) { return row.span.start; });
  // A span without a start, as Zipkin allows, says nothing about the trace's.
  auto timed = std::ranges::find_if(rows, [](const Row& row) { return row.span.start != 0; });
  UnixNanos start = timed == rows.end() ? 0 : timed->span.start;
  UnixNanos end = start;
  for (Row& row : rows) {
    if (row.span.start == 0) row.span.start = row.span.end = start;
    end = std::max(end, row.span.start + row.span.duration());
  }

  JsonWriter json;
  json.begin_object().member("traceId", store::trace_id_of(trace).hex());
  json.member("startNs", std::to_string(start)).member("durationNs", end - start);
  json.member("complete", complete);
  write_resources(json, trace);
  json.key("spans").begin_array();
  for (const Row& row : rows) {
    json.begin_object();
    write_span(json, row.span, row.ref, start);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string clew_page_json(const query::TracePage& page, const TraceId& asked) {
  JsonWriter json;
  TraceId id = page.rows.empty() ? asked : store::trace_id_of(page.spans);
  json.begin_object().member("traceId", id.hex());
  json.member("startNs", std::to_string(page.start)).member("durationNs", page.duration);
  json.member("complete", page.complete).member("from", page.from).member("total", page.total);
  write_resources(json, page.spans);
  json.key("spans").begin_array();
  for (const query::TracePage::Row& row : page.rows) {
    const otlp::SpanRef& ref = page.spans.spans()[row.span];
    otlp::Span span = page.spans.decode(ref);
    if (span.start == 0) span.start = span.end = page.start;
    json.begin_object().member("row", row.number);
    write_span(json, span, ref, page.start);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace clew::api
