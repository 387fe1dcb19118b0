// A trace as Jaeger's UI model, the JSON of `GET /api/traces/{id}`.
#pragma once

#include "base/ids.h"
#include "base/json.h"
#include "otlp/batch.h"

namespace clew::api {

/// 32 hex digits, or 16 if the upper half is zero, as Jaeger writes 64-bit IDs.
std::string jaeger_trace_id(const TraceId& id);

/// Writes one element of `data`: {traceID, spans, processes, warnings}. The spans are of one trace.
/// Source: Jaeger v2.20 internal/uimodel and the OpenTelemetry-to-Jaeger translation it uses.
void write_jaeger_trace(JsonWriter& json, const otlp::Batch& trace);

}  // namespace clew::api
