// Asking the store for metrics: what is asked, and what comes back.
#pragma once

#include <vector>

#include "query/traceql/metrics.h"

namespace clew::query::traceql {

struct MetricsQuestion {
  const Metrics& metrics;
  Timeline timeline;
  size_t most_exemplars = 0;  // of all series together
};

struct MetricsAnswer {
  std::vector<Series> series;  // sorted by labels
  bool complete = true;        // false when a deadline, a bound or damage left spans out
  uint64_t inspected_traces = 0, inspected_spans = 0, inspected_bytes = 0;
};

}  // namespace clew::query::traceql
