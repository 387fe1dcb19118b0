#include "base/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace clew::metrics {
namespace {

prometheus::Registry& registry() {
  // Never destroyed: threads that outlive main() may still count.
  static auto* instance = new prometheus::Registry(prometheus::Registry::InsertBehavior::Merge);
  return *instance;
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

void count_limit_hit(std::string_view limit) {
  counter("clew_limit_hit_total", "Times a built-in limit stopped something",
          {{"limit", std::string(limit)}})
      .Increment();
}

std::string render() {
  return prometheus::TextSerializer().Serialize(registry().Collect());
}

}  // namespace clew::metrics
