#include "agent/observe/exposition.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace clew::agent {
namespace {

std::string labels_of(const SeriesAttributes& attributes) {
  std::string labels;
  for (const SeriesAttribute& attribute : attributes)
    metrics::append_label(labels, metrics::prometheus_name(attribute.name), attribute.text);
  return labels;
}

std::string exemplar_text(const MetricPoint& point, size_t bucket, DurationUnit unit) {
  auto at = std::ranges::find(point.exemplars, bucket, &Exemplar::bucket);
  if (at == point.exemplars.end()) return {};
  return fmt::format("{{trace_id=\"{}\",span_id=\"{}\"}} {} {:.3f}", at->trace_id.hex(),
                     at->span_id.hex(), double(at->nanos) / nanos_per(unit),
                     double(at->time) / 1e9);
}

void write_histogram(const MetricPoint& point, const std::string& labels,
                     const HistogramShape& shape, metrics::TextWriter& writer) {
  const DurationHistogram& histogram = point.histogram;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < shape.bounds.size(); ++i) {
    cumulative += histogram.counts()[i];
    writer.bucket(labels, shape.bound(i), cumulative, exemplar_text(point, i, shape.unit));
  }
  // The last bucket, or the only one of an exponential histogram.
  writer.bucket(labels, std::numeric_limits<double>::infinity(), histogram.count(),
                exemplar_text(point, shape.bounds.size(), shape.unit));
  writer.sample("_sum", labels, histogram.sum(shape.unit));
  writer.sample("_count", labels, histogram.count());
}

}  // namespace

std::string prometheus_name(const MetricFamily& family) {
  std::string name = metrics::prometheus_name(family.name);
  if (family.unit == "ms") name += "_milliseconds";
  if (family.unit == "s") name += "_seconds";
  if (!family.shape && !name.ends_with("_total")) name += "_total";
  return name;
}

void write_text(const std::vector<MetricFamily>& families, metrics::TextWriter& writer) {
  for (const MetricFamily& family : families) {
    if (family.points.empty()) continue;
    writer.family(prometheus_name(family), family.description,
                  family.shape ? "histogram" : "counter");
    for (const MetricPoint& point : family.points) {
      std::string labels = labels_of(*point.attributes);
      if (family.shape)
        write_histogram(point, labels, *family.shape, writer);
      else
        writer.sample("", labels, point.value);
    }
  }
}

}  // namespace clew::agent
