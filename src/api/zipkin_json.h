// Spans as Zipkin's model v2, the JSON of its query API.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/json.h"
#include "otlp/batch.h"

namespace clew::api {

/// 32 lower-case hex digits, or 16 if the upper half is zero.
std::string zipkin_trace_id(const TraceId& id);

/// Writes one span. The way back of receive/zipkin_span.h, and what other spans are in Zipkin:
///
/// | OTLP | Zipkin |
/// |---|---|
/// | trace ID, as it came | traceId, 16 or 32 digits |
/// | kind | kind; the tag span.kind = internal |
/// | times | timestamp, duration (µs; 1 if it is less) |
/// | attributes that zipkin_fields.h names | localEndpoint, remoteEndpoint, shared, debug |
/// | events | annotations, each once: the name, with attributes `"name": {"key": "value"}` |
/// | status ERROR | tag error: the attribute, else the message or "true" |
/// | status ERROR with both, status OK | tags otel.status_code, otel.status_description |
/// | status ERROR of a tag otel.status_code | that tag |
/// | scope, trace state, dropped counts | tags otel.scope.*, w3c.tracestate, otel.dropped_*_count |
/// | links | tags otlp.link.N: `trace ID|span ID|trace state|attributes|dropped` |
/// | attributes of span, scope, resource | tags, sorted; of two with one key the first of these |
///
/// Source: openzipkin/zipkin-api, zipkin2-api.yaml; OpenTelemetry's specification, "Zipkin".
void write_zipkin_span(JsonWriter& json, const otlp::Batch& batch, const otlp::SpanRef& ref);

}  // namespace clew::api
