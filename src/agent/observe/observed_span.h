// A span on its way through the metrics.
#pragma once

#include <string_view>

#include "agent/observe/span_facts.h"
#include "base/ids.h"

namespace clew::agent {

/// Views: the batch and the walk's scratch own the bytes.
struct ObservedSpan {
  const TraceId* trace_id;
  std::string_view service;  // never empty
  SpanFacts facts;
  bool is_kept = false;             // by the sampler; only if somebody wants to know
  const RawValue* values;           // by the index of WantedKeys
  const RawValue* resource_values;  // likewise, of its resource
};

/// The service of spans whose resource names none. Source: OpenTelemetry's semantic conventions.
/// (The collector's connectors leave such spans out.)
inline constexpr std::string_view kUnknownService = "unknown_service";

}  // namespace clew::agent
