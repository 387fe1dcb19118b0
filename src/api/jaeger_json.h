// A trace as Jaeger's UI model, the JSON of `GET /api/traces/{id}`.
#pragma once

#include <string>
#include <vector>

#include "api/numbering.h"
#include "base/ids.h"
#include "base/json.h"
#include "otlp/batch.h"

namespace clew::api {

/// 32 hex digits, or 16 if the upper half is zero, as Jaeger writes 64-bit IDs.
std::string jaeger_trace_id(const TraceId& id);

/// Writes one element of `data`, {traceID, spans, processes, warnings}, while its spans come: of
/// these it keeps only their resources. Source: Jaeger v2.20 internal/uimodel and the
/// OpenTelemetry-to-Jaeger translation it uses.
class JaegerTraceWriter {
 public:
  /// Begins. The spans of one trace have one ID here, whichever form of it they came with. `json`
  /// must outlive it.
  JaegerTraceWriter(JsonWriter& json, const TraceId& id);

  void add(const otlp::Batch& batch, const otlp::SpanRef& ref);
  void finish();

  /// Of the resources kept.
  size_t memory_bytes() const { return numbers_.memory_bytes() + process_bytes_; }

 private:
  size_t process_of(const otlp::Batch& batch, uint32_t resource);

  JsonWriter& json_;
  const TraceId id_;
  struct Process {
    std::string service;
    std::string_view resource;  // the message, which numbers_ keeps
  };

  Numbering numbers_;
  std::vector<Process> processes_;  // by number
  size_t process_bytes_ = 0;
};

/// The same of a whole trace.
void write_jaeger_trace(JsonWriter& json, const otlp::Batch& trace);

}  // namespace clew::api
