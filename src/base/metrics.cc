#include "base/metrics.h"

#include <prometheus/registry.h>

#include <limits>
#include <list>
#include <mutex>

namespace clew::metrics {
namespace {

prometheus::Registry& registry() {
  // Never destroyed: threads that outlive main() may still count.
  static auto* instance = new prometheus::Registry(prometheus::Registry::InsertBehavior::Merge);
  return *instance;
}

/// Who else has metrics. Never destroyed, like the registry.
struct Sources {
  std::mutex mutex;
  std::list<Source> list;
};

Sources& sources() {
  static auto* instance = new Sources;
  return *instance;
}

std::string_view type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:  // we make no others
      return "gauge";
  }
}

void write(TextWriter& writer, const prometheus::ClientMetric& metric,
           prometheus::MetricType type) {
  std::string labels;
  for (const auto& label : metric.label) append_label(labels, label.name, label.value);
  if (type == prometheus::MetricType::Counter)
    return writer.sample("", labels, metric.counter.value);
  if (type != prometheus::MetricType::Histogram)
    return writer.sample("", labels, metric.gauge.value);
  const auto& histogram = metric.histogram;
  for (const auto& bucket : histogram.bucket)
    writer.bucket(labels, bucket.upper_bound, bucket.cumulative_count);
  writer.sample("_sum", labels, histogram.sample_sum);
  writer.sample("_count", labels, histogram.sample_count);
}

}  // namespace

prometheus::Counter& counter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry()).Add(labels);
}

prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry()).Add(labels);
}

prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                 const Labels& labels, const std::vector<double>& bounds) {
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(registry())
      .Add(labels, bounds);
}

const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                             0.25,   0.5,   1,      2.5,   5,    10,    30};
  return bounds;
}

prometheus::Counter& limit_hits(std::string_view limit) {
  return counter("clew_limit_hit_total", "Times a built-in limit stopped something",
                 {{"limit", std::string(limit)}});
}

std::shared_ptr<void> add_source(Source source) {
  std::lock_guard lock(sources().mutex);
  auto at = sources().list.insert(sources().list.end(), std::move(source));
  return {nullptr, [at](void*) {
            std::lock_guard removing(sources().mutex);
            sources().list.erase(at);
          }};
}

std::string render(TextFormat format) {
  std::string out;
  TextWriter writer(format, out);
  for (const prometheus::MetricFamily& family : registry().Collect()) {
    if (family.metric.empty()) continue;
    writer.family(family.name, family.help, type_name(family.type));
    for (const auto& metric : family.metric) write(writer, metric, family.type);
  }
  {
    std::lock_guard lock(sources().mutex);
    for (const Source& source : sources().list) source(writer);
  }
  writer.finish();
  return out;
}

}  // namespace clew::metrics
