#include "query/traceql/metrics.h"

#include <algorithm>
#include <cmath>

#include "query/traceql/pipeline.h"
#include "query/traceql/second_stage.h"

namespace clew::query::traceql {

void MetricsRun::Leaf::add(const otlp::Batch& batch, const std::function<bool()>& is_over) const {
  TraceView trace(batch);
  for (const FoundSpans& found : find_spans(pipeline, trace, is_over))
    for (uint32_t span : found.spans) collector->add(trace, span);
}

bool MetricsRun::Leaf::add_exemplars(const otlp::Batch& batch) const {
  TraceView trace(batch);
  for (const FoundSpans& found : find_spans(pipeline, trace))
    for (uint32_t span : found.spans)
      if (!collector->keep_exemplar(trace, span)) return false;
  return true;
}

MetricsRun::MetricsRun(const Metrics& metrics, const Timeline& timeline, size_t most_exemplars)
    : metrics_(metrics) {
  add_leaves(metrics, timeline, most_exemplars);
}

void MetricsRun::add_leaves(const Metrics& metrics, const Timeline& timeline,
                            size_t most_exemplars) {
  if (metrics.function)
    leaves_.push_back({metrics.spans, *metrics.function,
                       make_collector(*metrics.function, timeline, most_exemplars)});
  for (const Metrics& arg : metrics.args) add_leaves(arg, timeline, most_exemplars);
}

std::vector<Series> MetricsRun::answer(const Metrics& metrics, size_t& leaf) {
  std::vector<Series> series;
  if (metrics.function) {
    series = leaves_[leaf++].collector->finish();
  } else {
    auto left = answer(metrics.args[0], leaf);
    series = combine(metrics.op, left, answer(metrics.args[1], leaf));
  }
  for (const SecondStage& stage : metrics.then) series = apply(stage, std::move(series));
  return series;
}

std::vector<Series> MetricsRun::finish() {
  size_t leaf = 0;
  auto series = answer(metrics_, leaf);
  std::erase_if(series, [](const Series& one) {
    return std::ranges::all_of(one.points, [](double point) { return std::isnan(point); });
  });
  std::ranges::sort(series, comes_before, &Series::labels);
  return series;
}

bool MetricsRun::complete() const {
  return std::ranges::all_of(leaves_, [](const Leaf& leaf) { return leaf.collector->complete(); });
}

}  // namespace clew::query::traceql
