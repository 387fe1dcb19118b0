// Calls, errors and durations, counted from every span before anything is sampled away.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/observe/metric_family.h"
#include "agent/observe/observed_span.h"
#include "agent/observe/series_table.h"
#include "agent/observe/shards.h"

namespace clew::agent {

/// An attribute that metrics are split by: the span's, or else its resource's.
struct Dimension {
  std::string name;
  /// The value where neither has it; without one such spans have no such attribute.
  std::optional<std::string> fallback = {};
};

/// Source of names and defaults, where not said otherwise: the OpenTelemetry Collector's
/// span_metrics connector.
struct SpanMetricsOptions {
  std::string metric_namespace = "traces.span.metrics";
  /// Besides service.name, span.name, span.kind and status.code.
  std::vector<Dimension> dimensions;
  /// Of those four and collector.instance.id, which not to split by.
  std::vector<std::string> exclude_dimensions;
  bool histogram = true;
  HistogramShape shape;
  /// Distinct series; spans past it are counted in one more, otel.metric.overflow=true. The
  /// collector has no limit of its own.
  size_t max_series = 10'000;
  /// A series without spans for this long goes; 0: never.
  std::chrono::milliseconds expiration{0};
  bool exemplars = false;
  /// collector.instance.id of every series, so that those of several agents stay apart; empty:
  /// none.
  std::string instance_id;
};

/// What is measured of the spans of a series.
struct SpanMeasures {
  uint64_t calls = 0;
  DurationHistogram durations;
};

struct SpanSeriesData : SpanMeasures {
  std::vector<Exemplar> exemplars;          // at most one a bucket
  std::unique_ptr<SpanMeasures> collected;  // when last collected as delta
  UnixNanos collected_at = 0;
};

/// Counts spans by series. Any thread may call it; threads meet only at one of several locks, for a
/// few nanoseconds a span. Nothing is allocated for a span whose series is there.
class SpanMetrics {
 public:
  /// `wanted` is told which attributes to look for.
  SpanMetrics(const SpanMetricsOptions& options, WantedKeys& wanted);

  /// Counts each span once; at most 65,535 a call.
  void observe(std::span<const ObservedSpan> spans, UnixNanos now);

  /// Removes series that have expired.
  void expire(UnixNanos now);

  /// The metrics calls and duration. As delta only what changed since they were last asked for so.
  std::vector<MetricFamily> collect(Temporality temporality, UnixNanos now);

 private:
  using Data = SpanSeriesData;
  using MetricSeries = Series<Data>;
  struct alignas(64) Shard {
    std::mutex mutex;
    SeriesTable<Data> table;
  };
  struct Arrival;
  struct Scratch;

  void add_key(const ObservedSpan& span, KeyWriter& key, std::string& text) const;
  RawValue value_of(size_t dimension, const ObservedSpan& span) const;
  void find_keys(std::span<const ObservedSpan> spans, Scratch& scratch) const;
  void count_in(Shard& shard, std::span<const Arrival> arrivals,
                std::span<const ObservedSpan> spans, Scratch& scratch, UnixNanos now);
  void count_overflow(std::span<const Arrival> arrivals, std::span<const ObservedSpan> spans,
                      UnixNanos now);
  std::shared_ptr<const SeriesAttributes> attributes_of(const ObservedSpan& span,
                                                        std::string_view key) const;
  void count(MetricSeries& series, const ObservedSpan& span, bool is_kept, UnixNanos now) const;
  void keep_exemplar(Data& data, const ObservedSpan& span, UnixNanos now) const;
  bool reserve();
  void append(MetricSeries& series, Temporality temporality, UnixNanos now, MetricFamily& calls,
              MetricFamily& durations) const;

  SpanMetricsOptions options_;
  bool by_service_, by_name_, by_kind_, by_status_;
  std::vector<size_t> wanted_;  // by dimension: its index in WantedKeys
  std::array<Shard, kShards> shards_;
  std::atomic<size_t> series_ = 0;  // in all shards, without the overflow
  std::mutex overflow_mutex_;
  std::optional<MetricSeries> overflow_;
};

}  // namespace clew::agent
