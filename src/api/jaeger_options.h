// What an operator decides about Jaeger's query APIs.
#pragma once

#include <chrono>

#include "otlp/batch.h"
#include "query/clock_skew.h"

namespace clew::api {

struct JaegerOptions {
  /// How far the times of a span may be moved where the clocks of hosts differ; 0: not at all.
  std::chrono::nanoseconds max_clock_skew{0};

  /// Whether adjusted() may change anything.
  bool adjusts(bool raw) const { return !raw && max_clock_skew.count() != 0; }

  /// A trace as clients get it; `raw`: as it was stored.
  otlp::Batch adjusted(const otlp::Batch& trace, bool raw) const {
    return raw ? trace : query::correct_clock_skew(trace, max_clock_skew);
  }
};

}  // namespace clew::api
