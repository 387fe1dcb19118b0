// Metrics of spans as OTLP.
#pragma once

#include <cstddef>
#include <vector>

#include "agent/observe/metric_family.h"
#include "base/bytes.h"

namespace clew::agent {

/// A serialized ExportMetricsServiceRequest.
struct MetricsRequest {
  SharedBytes bytes;
  size_t points = 0;
};

/// What an export says of its metrics besides themselves.
struct MetricsContext {
  SeriesAttributes resource;
  Temporality temporality = Temporality::kCumulative;  // as the metrics were collected
  UnixNanos now = 0;
  UnixNanos exemplars_since = 0;  // older ones were exported before
};

/// The metrics as requests of about 1 MiB: a peer takes 4 MiB at most, as gRPC does by default.
/// Source: opentelemetry-proto v1, metrics.proto.
std::vector<MetricsRequest> encode_metrics(const std::vector<MetricFamily>& families,
                                           const MetricsContext& context);

}  // namespace clew::agent
