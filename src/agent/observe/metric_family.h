// Metrics at one moment, ready to be written: as OTLP, or as text for Prometheus.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/observe/histogram.h"
#include "agent/observe/series.h"
#include "base/clock.h"
#include "base/ids.h"

namespace clew::agent {

/// A span that stands for those of its bucket.
struct Exemplar {
  TraceId trace_id;
  SpanId span_id;
  uint64_t nanos = 0;  // the span's duration
  UnixNanos time = 0;  // when it was observed
  size_t bucket = 0;
};

/// One series.
struct MetricPoint {
  std::shared_ptr<const SeriesAttributes> attributes;
  UnixNanos start = 0;
  uint64_t value = 0;           // of a sum
  DurationHistogram histogram;  // of a histogram
  std::vector<Exemplar> exemplars;
};

struct MetricFamily {
  std::string name;  // as OTLP has it: "traces.span.metrics.duration"
  std::string description;
  std::string unit;                       // UCUM: "ms", "s", or nothing
  const HistogramShape* shape = nullptr;  // of a histogram; null: a monotonic sum
  std::vector<MetricPoint> points;
};

/// What numbers count from.
enum class Temporality : uint8_t {
  kCumulative,  // the start of the series
  kDelta,       // the last time they were collected as delta
};

}  // namespace clew::agent
