// Metrics of spans as text for Prometheus.
#pragma once

#include <vector>

#include "agent/observe/metric_family.h"
#include "base/metrics_text.h"

namespace clew::agent {

/// The name under which Prometheus knows a metric: "traces.span.metrics.duration" in ms is
/// traces_span_metrics_duration_milliseconds, and a sum ends in _total. Source: OpenTelemetry,
/// "Prometheus and OpenMetrics Compatibility".
std::string prometheus_name(const MetricFamily& family);

/// Writes every family that has points. An exponential histogram shows its count and sum only: the
/// text formats have no buckets that change.
void write_text(const std::vector<MetricFamily>& families, metrics::TextWriter& writer);

}  // namespace clew::agent
