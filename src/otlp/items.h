// Counting what a request holds without indexing it.
#pragma once

#include <cstddef>
#include <string_view>

#include "otlp/signal.h"

namespace clew::otlp {

/// The spans, log records or metric points in one ResourceSpans, ResourceLogs or ResourceMetrics.
/// Damage ends the counting.
size_t count_items(Signal signal, std::string_view resource_message);

}  // namespace clew::otlp
