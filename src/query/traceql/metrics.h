// TraceQL's metrics: from the spans of traces to series.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "query/traceql/ast.h"
#include "query/traceql/series.h"
#include "query/traceql/trace_view.h"

namespace clew::query::traceql {

/// Bounds on what one question may hold in memory: past them spans of further series do not count.
inline constexpr size_t kMostSeries = 20'000;
inline constexpr size_t kMostPoints = 8'000'000;

/// Collects for one function of a metrics query. One thread.
class MetricCollector {
 public:
  virtual ~MetricCollector() = default;

  /// Counts a span that the pipeline let through, if it starts within the timeline.
  virtual void add(const TraceView& trace, uint32_t span) = 0;
  /// For spans that come as columns: where such a span counts, to be handed to count(); kNowhere
  /// past a bound. Of functions over durations the span's own does not matter.
  virtual uint32_t place_of(const TraceView& trace, uint32_t span) = 0;
  /// Counts spans by place, start and (if the function is over durations) duration.
  virtual void count(std::span<const uint32_t> places, std::span<const UnixNanos> starts,
                     std::span<const uint64_t> durations) = 0;
  static constexpr uint32_t kNowhere = UINT32_MAX;

  /// Makes an exemplar of a span that was counted as columns, which have no IDs, if its series
  /// wants one there. False once there are as many as were asked for.
  virtual bool keep_exemplar(const TraceView& trace, uint32_t span) = 0;

  /// The series; call it once.
  virtual std::vector<Series> finish() = 0;
  /// False if a bound left spans out.
  bool complete() const { return complete_; }

 protected:
  bool complete_ = true;
};

/// `most_exemplars` of all series together. The function must outlive the collector.
std::unique_ptr<MetricCollector> make_collector(const MetricFunction& function,
                                                const Timeline& timeline, size_t most_exemplars);

/// A metrics query being answered: hand every trace to each of leaves(), then finish(). One thread.
class MetricsRun {
 public:
  struct Leaf {
    const Pipeline& pipeline;
    const MetricFunction& function;
    std::unique_ptr<MetricCollector> collector;

    /// Counts what the pipeline finds in a trace; `is_over` as in find_spans().
    void add(const otlp::Batch& trace, const std::function<bool()>& is_over = {}) const;
    /// Makes exemplars of what was counted as columns; as MetricCollector::keep_exemplar.
    bool add_exemplars(const otlp::Batch& trace) const;
  };

  MetricsRun(const Metrics& metrics, const Timeline& timeline, size_t most_exemplars);

  /// The functions of the query; each asks all traces.
  const std::vector<Leaf>& leaves() const { return leaves_; }
  /// The answer, sorted by labels; call it once.
  std::vector<Series> finish();
  bool complete() const;

 private:
  void add_leaves(const Metrics& metrics, const Timeline& timeline, size_t most_exemplars);
  std::vector<Series> answer(const Metrics& metrics, size_t& leaf);

  const Metrics& metrics_;
  std::vector<Leaf> leaves_;
};

}  // namespace clew::query::traceql
