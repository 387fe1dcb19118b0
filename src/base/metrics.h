// Clew's own metrics, in Prometheus' terms. One registry per process; `GET /metrics` prints it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics_text.h"

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

/// How often a limit of base/limits.h was hit; `limit` is its name without the `k`, in snake_case.
prometheus::Counter& limit_hits(std::string_view limit);

/// Counts that a limit was hit.
inline void count_limit_hit(std::string_view limit) {
  limit_hits(limit).Increment();
}

/// Metrics that are not counted here but known elsewhere: writes them when they are asked for.
using Source = std::function<void(TextWriter&)>;

/// Has render() ask `source` too, until what is returned is destroyed; then no call is running any
/// more. The source must not add or remove sources.
[[nodiscard]] std::shared_ptr<void> add_source(Source source);

/// Everything there is.
std::string render(TextFormat format = TextFormat::kPrometheus);

}  // namespace clew::metrics
