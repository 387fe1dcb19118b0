// Metrics of every span an agent takes, before sampling and the queue.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "agent/observe/service_graph.h"
#include "agent/observe/span_metrics.h"
#include "base/metrics.h"
#include "base/tenant.h"
#include "otlp/batch.h"

namespace clew::agent {

struct ObserveOptions {
  std::optional<SpanMetricsOptions> span_metrics;
  std::optional<ServiceGraphOptions> service_graph;
  /// Whether Envoy's spans (component=proxy) with error=true have the status ERROR, as they get it
  /// on their way out with `normalize`: failed upstream calls leave it unset.
  bool envoy_errors = true;
  bool otlp_export = false;  // whether the metrics are sent as OTLP
  /// How often, counting from what, and as whose.
  std::chrono::milliseconds flush_interval{60'000};
  Temporality temporality = Temporality::kCumulative;
  SeriesAttributes resource;

  bool is_on() const { return span_metrics || service_graph; }
};

/// Whether a span is going to be kept: exemplars lead only to traces that are.
using KeepsSpan = std::function<bool(const Tenant&, const otlp::Batch&, const otlp::SpanRef&)>;

/// Walks each batch once and counts its spans. Any thread may call it.
class Observer {
 public:
  /// Without `keeps` there are no exemplars.
  explicit Observer(const ObserveOptions& options, KeepsSpan keeps = {},
                    const Clock& clock = Clock::system());

  /// Counts every span of the batch. Costs a walk over its bytes; allocates only for series that
  /// are new. `relieved` leaves out what is not missed for a moment: the service graph, which keeps
  /// halves of requests in memory, and exemplars; counted in clew_observe_relieved_spans_total.
  void observe(const otlp::Batch& batch, const Tenant& tenant = Tenant(), bool relieved = false);

  /// Removes what has expired: series without spans, halves of requests whose other half never
  /// came.
  void expire();

  /// All metrics as they stand.
  std::vector<MetricFamily> collect(Temporality temporality);

 private:
  struct Scratch;

  void read(const Tenant& tenant, const otlp::Batch& batch, std::span<const otlp::SpanRef> refs,
            bool relieved, Scratch& scratch) const;

  void correct_status(SpanFacts& facts, std::span<const RawValue> values) const;

  const Clock& clock_;
  KeepsSpan keeps_;  // empty: nobody wants to know
  WantedKeys wanted_;
  std::optional<size_t> component_, error_;  // their indexes in wanted_, if they are looked at
  std::optional<SpanMetrics> span_metrics_;
  std::optional<ServiceGraph> service_graph_;
  prometheus::Counter& relieved_;
};

}  // namespace clew::agent
