// How often, how long and how often wrongly: rates of spans over time, for Jaeger's Monitor tab.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "otlp/span.h"
#include "store/column_scan.h"

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
  /// False when a deadline, a limit or damage kept some out. What began before `counted_from` is
  /// then missing.
  bool complete = true;
  UnixNanos counted_from = 0;
};

/// Collects spans from columns, the newest `most` of them, of the first kMostSeries services and
/// operations. A span that was sent twice may count twice, as it does where spans are counted on
/// their way, which Jaeger expects.
class SpanCounter final : public store::ColumnScan {
 public:
  /// An answer with more is of no use to anyone: who puts IDs into names has millions.
  static constexpr size_t kMostSeries = 20'000;

  /// `selection` must outlive it.
  SpanCounter(const SpanSelection& selection, size_t most)
      : selection_(selection), most_(most), from_(selection.start_min) {}

  const store::ScanColumns& columns() const override { return columns_; }
  bool wants(UnixNanos first, UnixNanos last) const override {
    return first <= selection_.start_max && last >= from_;
  }
  uint32_t class_of(const otlp::Batch& sample) override;
  void rows(std::span<const uint32_t> classes, std::span<const UnixNanos> starts,
            std::span<const uint64_t> durations) override;

  /// What was counted; to be called once.
  CountedSpans take();

 private:
  static constexpr uint32_t kNotSelected = UINT32_MAX;

  bool selects(const otlp::Batch& sample, const otlp::Span& span) const;
  void leave_newest();

  const SpanSelection& selection_;
  const size_t most_;
  const store::ScanColumns columns_{
      .operation = true,
      .resource = true,
      .status = true,
      .duration = true,
      .attributes = {"error"}};  // which otlp::Span::is_error asks, too
  std::map<std::pair<std::string, std::string>, uint32_t> numbers_;  // by service and operation
  std::vector<std::vector<CountedSpan>> series_;                     // by number
  size_t spans_ = 0;
  bool has_all_series_ = true;
  std::atomic<UnixNanos> from_;  // of what began before some were left out
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
