// Clew's own metrics, in Prometheus' terms. One registry per process; `GET /metrics` prints it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <string>
#include <string_view>
#include <vector>

namespace clew::metrics {

using Labels = prometheus::Labels;

/// The counter of that name and labels, made on first use and kept for the life of the process. Any
/// thread may call it; keep the reference, the look-up takes a lock. Names end in `_total`.
prometheus::Counter& counter(const std::string& name, const std::string& help,
                             const Labels& labels = {});

/// The same for a value that goes up and down.
prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                         const Labels& labels = {});

/// The same for a distribution; `bounds` are the upper bounds of the buckets, ascending.
prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                 const Labels& labels, const std::vector<double>& bounds);

/// Upper bounds from 0.5 ms to 30 s, in seconds, for request and query latencies.
const std::vector<double>& latency_bounds();

/// Counts that a limit of base/limits.h was hit; `limit` is its name without the `k`, in
/// snake_case.
void count_limit_hit(std::string_view limit);

/// Everything in the Prometheus text exposition format, version 0.0.4.
std::string render();

}  // namespace clew::metrics
