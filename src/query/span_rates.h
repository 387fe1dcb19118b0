// How often, how long and how often wrongly: rates of spans over time, for Jaeger's Monitor tab.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "otlp/span.h"
#include "store/span_outline.h"

namespace clew::query {

/// Which spans are counted.
struct SpanSelection {
  std::vector<std::string> services;       // at least one
  std::vector<otlp::SpanKind> kinds;       // empty: any
  bool by_operation = false;               // a series for each operation, not for each service
  UnixNanos start_min = 0, start_max = 0;  // when the span began, inclusive
};

/// One span that counts.
struct CountedSpan {
  UnixNanos start = 0;
  uint64_t duration = 0;  // nanoseconds
  bool is_error = false;
};

struct CountedSeries {
  std::string service;
  std::string operation;           // empty unless there is a series for each
  std::vector<CountedSpan> spans;  // in order of their start
};

struct CountedSpans {
  std::vector<CountedSeries> series;  // by service, then operation; each has a span
  /// False when a deadline, a limit or damage came before all had been counted. What began before
  /// `counted_from` is then missing.
  bool complete = true;
  UnixNanos counted_from = 0;
};

/// Collects spans, trace by trace. One thread.
class SpanCounter {
 public:
  explicit SpanCounter(const SpanSelection& selection) : selection_(selection) {}

  void add(const store::SpanOutline& span);
  size_t spans() const { return spans_; }
  /// What was added; the counter is empty again afterwards.
  std::vector<CountedSeries> take();

 private:
  const SpanSelection& selection_;
  std::map<std::pair<std::string, std::string>, std::vector<CountedSpan>> series_;
  size_t spans_ = 0;
};

/// Points in time, each of which stands for the spans that began in the `window` up to it.
struct TimeSteps {
  UnixNanos first = 0, last = 0;  // points are at first, first + step, … up to last
  uint64_t step = 1, window = 1;  // nanoseconds, at least 1
};

struct RatePoint {
  UnixNanos time = 0;
  double value = 0;
};

/// Spans a second.
std::vector<RatePoint> call_rates(const CountedSeries& series, const TimeSteps& steps);
/// The part of them that failed, 0 to 1; NaN where there are none.
std::vector<RatePoint> error_rates(const CountedSeries& series, const TimeSteps& steps);
/// The duration in milliseconds that the part `quantile` of them, 0 to 1, does not exceed; exact,
/// NaN where there are none.
std::vector<RatePoint> latencies(const CountedSeries& series, const TimeSteps& steps,
                                 double quantile);

}  // namespace clew::query
