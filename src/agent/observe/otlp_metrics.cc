#include "agent/observe/otlp_metrics.h"

#include <charconv>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>

#include "otlp/fields.h"

namespace clew::agent {
namespace {

using otlp::fields::Tag;
using protozero::pbf_writer;

// Field numbers of metrics.proto and metrics_service.proto.
namespace f {
constexpr Tag kRequestResourceMetrics = 1;
constexpr Tag kResourceMetricsResource = 1, kResourceMetricsScopeMetrics = 2;
constexpr Tag kScopeMetricsScope = 1, kScopeMetricsMetrics = 2;
constexpr Tag kMetricName = 1, kMetricDescription = 2, kMetricUnit = 3;
constexpr Tag kMetricSum = 7, kMetricHistogram = 9, kMetricExponentialHistogram = 10;
// Sum, Histogram and ExponentialHistogram alike.
constexpr Tag kDataPoints = 1, kTemporality = 2, kIsMonotonic = 3;
// All data points alike.
constexpr Tag kStart = 2, kTime = 3;
constexpr Tag kNumberInt = 6, kNumberAttributes = 7;
constexpr Tag kCount = 4, kSum = 5;  // both histograms
constexpr Tag kHistogramBuckets = 6, kHistogramBounds = 7, kHistogramExemplars = 8,
              kHistogramAttributes = 9;
constexpr Tag kExponentialAttributes = 1, kExponentialScale = 6, kExponentialZeros = 7,
              kExponentialPositive = 8, kExponentialExemplars = 11, kExponentialMin = 12,
              kExponentialMax = 13;
constexpr Tag kBucketsOffset = 1, kBucketsCounts = 2;
constexpr Tag kExemplarTime = 2, kExemplarDouble = 3, kExemplarSpanId = 4, kExemplarTraceId = 5;
}  // namespace f

constexpr size_t kRequestBytes = 1 << 20;
constexpr std::string_view kScopeName = "clew";

template <typename Number>
Number number_of(const std::string& text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void add_attributes(pbf_writer& parent, Tag tag, const SeriesAttributes& attributes) {
  namespace av = otlp::fields::any_value;
  for (const SeriesAttribute& attribute : attributes) {
    pbf_writer key_value(parent, tag);
    key_value.add_string(otlp::fields::key_value::kKey, attribute.name);
    pbf_writer value(key_value, otlp::fields::key_value::kValue);
    switch (attribute.type) {
      case otlp::ValueType::kBool:
        value.add_bool(av::kBool, attribute.text == "true");
        break;
      case otlp::ValueType::kInt:
        value.add_int64(av::kInt, number_of<int64_t>(attribute.text));
        break;
      case otlp::ValueType::kDouble:
        value.add_double(av::kDouble, number_of<double>(attribute.text));
        break;
      default:  // bytes, arrays and maps are known by their text
        value.add_string(av::kString, attribute.text);
    }
  }
}

/// Writes data points of one kind after the other and cuts them into requests.
class Encoder {
 public:
  explicit Encoder(const MetricsContext& context) : context_(context) {}

  void add(const MetricFamily& family) {
    for (const MetricPoint& point : family.points) {
      pbf_writer data(points_);
      pbf_writer message(data, f::kDataPoints);
      add_point(message, point, family.shape);
      message.commit();
      ++point_count_;
      if (metrics_.size() + points_.size() >= kRequestBytes) {
        end_metric(family);
        end_request();
      }
    }
    end_metric(family);
  }

  std::vector<MetricsRequest> finish() {
    end_request();
    return std::move(requests_);
  }

 private:
  void add_point(pbf_writer& message, const MetricPoint& point, const HistogramShape* shape) const {
    message.add_fixed64(f::kStart, point.start);
    message.add_fixed64(f::kTime, context_.now);
    if (!shape) {
      message.add_sfixed64(f::kNumberInt, static_cast<int64_t>(point.value));
      return add_attributes(message, f::kNumberAttributes, *point.attributes);
    }
    message.add_fixed64(f::kCount, point.histogram.count());
    message.add_double(f::kSum, point.histogram.sum(shape->unit));
    if (shape->is_exponential())
      add_exponential(message, point, *shape);
    else
      add_explicit(message, point, *shape);
  }

  void add_explicit(pbf_writer& message, const MetricPoint& point,
                    const HistogramShape& shape) const {
    const auto& counts = point.histogram.counts();
    message.add_packed_fixed64(f::kHistogramBuckets, counts.begin(), counts.end());
    std::vector<double> bounds;
    for (size_t i = 0; i < shape.bounds.size(); ++i) bounds.push_back(shape.bound(i));
    message.add_packed_double(f::kHistogramBounds, bounds.begin(), bounds.end());
    add_exemplars(message, f::kHistogramExemplars, point, shape.unit);
    add_attributes(message, f::kHistogramAttributes, *point.attributes);
  }

  void add_exponential(pbf_writer& message, const MetricPoint& point,
                       const HistogramShape& shape) const {
    const DurationHistogram& histogram = point.histogram;
    message.add_sint32(f::kExponentialScale, histogram.exponential().scale());
    message.add_fixed64(f::kExponentialZeros, histogram.zero_count());
    {
      pbf_writer positive(message, f::kExponentialPositive);
      positive.add_sint32(f::kBucketsOffset, histogram.exponential().offset());
      const auto& counts = histogram.exponential().counts();
      positive.add_packed_uint64(f::kBucketsCounts, counts.begin(), counts.end());
    }
    // Of a difference nobody knows them.
    if (context_.temporality == Temporality::kCumulative) {
      message.add_double(f::kExponentialMin, histogram.min(shape.unit));
      message.add_double(f::kExponentialMax, histogram.max(shape.unit));
    }
    add_exemplars(message, f::kExponentialExemplars, point, shape.unit);
    add_attributes(message, f::kExponentialAttributes, *point.attributes);
  }

  void add_exemplars(pbf_writer& message, Tag tag, const MetricPoint& point,
                     DurationUnit unit) const {
    for (const Exemplar& exemplar : point.exemplars) {
      if (exemplar.time < context_.exemplars_since) continue;
      pbf_writer writer(message, tag);
      writer.add_fixed64(f::kExemplarTime, exemplar.time);
      writer.add_double(f::kExemplarDouble, double(exemplar.nanos) / nanos_per(unit));
      std::string_view span_id = exemplar.span_id.raw(), trace_id = exemplar.trace_id.raw();
      writer.add_bytes(f::kExemplarSpanId, span_id.data(), span_id.size());
      writer.add_bytes(f::kExemplarTraceId, trace_id.data(), trace_id.size());
    }
  }

  /// Puts the points collected so far into a Metric message.
  void end_metric(const MetricFamily& family) {
    if (points_.empty()) return;
    pbf_writer data(points_);
    data.add_enum(f::kTemporality, context_.temporality == Temporality::kDelta ? 1 : 2);
    if (!family.shape) data.add_bool(f::kIsMonotonic, true);
    pbf_writer scope_metrics(metrics_);
    pbf_writer metric(scope_metrics, f::kScopeMetricsMetrics);
    metric.add_string(f::kMetricName, family.name);
    metric.add_string(f::kMetricDescription, family.description);
    if (!family.unit.empty()) metric.add_string(f::kMetricUnit, family.unit);
    metric.add_message(!family.shape                    ? f::kMetricSum
                       : family.shape->is_exponential() ? f::kMetricExponentialHistogram
                                                        : f::kMetricHistogram,
                       points_);
    metric.commit();
    points_.clear();
  }

  void end_request() {
    if (metrics_.empty()) return;
    std::string scope_metrics;
    {
      pbf_writer writer(scope_metrics);
      pbf_writer scope(writer, f::kScopeMetricsScope);
      scope.add_string(otlp::fields::scope::kName, kScopeName.data(), kScopeName.size());
    }
    scope_metrics += metrics_;
    std::string request;
    {
      pbf_writer writer(request);
      pbf_writer resource_metrics(writer, f::kRequestResourceMetrics);
      {
        pbf_writer resource(resource_metrics, f::kResourceMetricsResource);
        add_attributes(resource, otlp::fields::resource::kAttributes, context_.resource);
      }
      resource_metrics.add_message(f::kResourceMetricsScopeMetrics, scope_metrics);
    }
    requests_.push_back({SharedBytes::take(std::move(request)), point_count_});
    metrics_.clear();
    point_count_ = 0;
  }

  const MetricsContext& context_;
  std::string points_;   // Sum, Histogram or ExponentialHistogram: its data points
  std::string metrics_;  // ScopeMetrics: its metrics
  size_t point_count_ = 0;
  std::vector<MetricsRequest> requests_;
};

}  // namespace

std::vector<MetricsRequest> encode_metrics(const std::vector<MetricFamily>& families,
                                           const MetricsContext& context) {
  Encoder encoder(context);
  for (const MetricFamily& family : families) encoder.add(family);
  return encoder.finish();
}

}  // namespace clew::agent
