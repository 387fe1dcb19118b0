#include "main/settings_observe.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/duration.h"
#include "base/limits.h"
#include "base/metrics_text.h"
#include "main/yaml_value.h"

namespace clew {
namespace {

using agent::DurationUnit;
using agent::HistogramShape;

/// Bounds of buckets, exact to the nanosecond.
void read_buckets(const YamlValue& value, std::vector<uint64_t>& bounds) {
  std::vector<uint64_t> read;
  value.items([&](const YamlValue& item) {
    item.parsed([&](std::string_view text) -> Result<void> {
      auto nanos = parse_duration(text);
      if (!nanos) return std::unexpected(nanos.error());
      if (!read.empty() && *nanos <= read.back())
        return fail(Code::kInvalid, "buckets must ascend: {} is not more than the one before",
                    text);
      read.push_back(*nanos);
      return {};
    });
  });
  if (read.size() > limits::kHistogramBuckets)
    return value.problem(fmt::format("at most {} buckets", limits::kHistogramBuckets));
  bounds = std::move(read);
}

void read_max_size(const YamlValue& value, HistogramShape& shape) {
  value.into(shape.max_size, int32_t{2}, static_cast<int32_t>(limits::kHistogramBuckets));
}

void read_unit(const YamlValue& value, HistogramShape& shape) {
  std::string unit;
  value.choice_into(unit, {"ms", "s"});
  shape.unit = unit == "s" ? DurationUnit::kSeconds : DurationUnit::kMilliseconds;
}

void read_histogram(const YamlValue& value, agent::SpanMetricsOptions& options) {
  bool disable = !options.histogram;
  bool is_explicit = false, is_exponential = false;
  value.fields({
      {"disable", [&](const YamlValue& v) { v.into(disable); }},
      {"unit", [&](const YamlValue& v) { read_unit(v, options.shape); }},
      {"explicit",
       [&](const YamlValue& v) {
         is_explicit = true;
         v.fields({{"buckets", [&](const YamlValue& buckets) {
                      read_buckets(buckets, options.shape.bounds);
                    }}});
       }},
      {"exponential",
       [&](const YamlValue& v) {
         is_exponential = true;
         options.shape.max_size = 160;
         v.fields(
             {{"max_size", [&](const YamlValue& size) { read_max_size(size, options.shape); }}});
       }},
  });
  options.histogram = !disable;
  if (is_explicit && is_exponential) value.problem("give explicit or exponential, not both");
  if (is_exponential) options.shape.bounds.clear();
}

/// Names that become labels: none twice, also not to Prometheus.
void check_names(const YamlValue& value, const std::vector<std::string>& names,
                 std::set<std::string> taken) {
  if (names.size() > limits::kMetricDimensions)
    value.problem(fmt::format("at most {} of them", limits::kMetricDimensions));
  for (const std::string& name : names) {
    std::string label = metrics::prometheus_name(name);
    if (name.empty())
      value.problem("a name is missing");
    else if (!taken.insert(label).second)
      value.problem(fmt::format("{} would be there twice: Prometheus calls it {}", name, label));
  }
}

void read_dimensions(const YamlValue& value, std::vector<agent::Dimension>& dimensions) {
  std::vector<agent::Dimension> read;
  value.items([&](const YamlValue& item) {
    agent::Dimension dimension;
    item.fields({
        {"name", [&](const YamlValue& v) { v.into(dimension.name); }},
        {"default", [&](const YamlValue& v) { v.into(dimension.fallback.emplace()); }},
    });
    read.push_back(std::move(dimension));
  });
  std::vector<std::string> names;
  for (const agent::Dimension& dimension : read) names.push_back(dimension.name);
  check_names(value, names,
              {"service_name", "span_name", "span_kind", "status_code", "collector_instance_id",
               "otel_metric_overflow", "le"});
  dimensions = std::move(read);
}

void read_excluded(const YamlValue& value, std::vector<std::string>& names) {
  value.items([&](const YamlValue& item) {
    item.choice_into(names.emplace_back(), {"service.name", "span.name", "span.kind", "status.code",
                                            "collector.instance.id"});
  });
}

void read_temporality(const YamlValue& value, agent::Temporality& temporality) {
  constexpr std::string_view kDelta = "AGGREGATION_TEMPORALITY_DELTA";
  std::string text;
  value.choice_into(text, {"AGGREGATION_TEMPORALITY_CUMULATIVE", kDelta, "cumulative", "delta"});
  temporality = text == kDelta || text == "delta" ? agent::Temporality::kDelta
                                                  : agent::Temporality::kCumulative;
}

void read_flush_interval(const YamlValue& value, std::chrono::milliseconds& interval) {
  value.into(interval);
  if (interval < std::chrono::seconds(1)) value.problem("must be at least 1s");
}

void read_span_metrics(const YamlValue& value, agent::ObserveOptions& observe) {
  agent::SpanMetricsOptions options;
  bool enabled = true;
  value.fields({
      {"enabled", [&](const YamlValue& v) { v.into(enabled); }},
      {"namespace", [&](const YamlValue& v) { v.into(options.metric_namespace); }},
      {"dimensions", [&](const YamlValue& v) { read_dimensions(v, options.dimensions); }},
      {"exclude_dimensions",
       [&](const YamlValue& v) { read_excluded(v, options.exclude_dimensions); }},
      {"histogram", [&](const YamlValue& v) { read_histogram(v, options); }},
      {"aggregation_cardinality_limit",
       [&](const YamlValue& v) { v.into(options.max_series, size_t{1}, limits::kMetricSeries); }},
      {"aggregation_temporality",
       [&](const YamlValue& v) { read_temporality(v, observe.temporality); }},
      {"otlp_export", [&](const YamlValue& v) { v.into(observe.otlp_export); }},
      {"metrics_flush_interval",
       [&](const YamlValue& v) { read_flush_interval(v, observe.flush_interval); }},
      {"metrics_expiration", [&](const YamlValue& v) { v.into(options.expiration); }},
      {"exemplars",
       [&](const YamlValue& v) {
         v.fields({{"enabled", [&](const YamlValue& on) { on.into(options.exemplars); }}});
       }},
  });
  if (enabled) observe.span_metrics = std::move(options);
}

void read_peers(const YamlValue& value, std::vector<std::string>& names) {
  value.into(names);
  if (names.size() > limits::kMetricDimensions)
    value.problem(fmt::format("at most {} of them", limits::kMetricDimensions));
}

void read_edge_store(const YamlValue& value, agent::ServiceGraphOptions& options) {
  value.fields({
      {"ttl", [&](const YamlValue& v) { v.into(options.ttl); }},
      {"max_items",
       [&](const YamlValue& v) {
         v.into(options.max_items, size_t{1}, limits::kServiceGraphItems);
       }},
  });
}

void read_service_graph(const YamlValue& value, agent::ObserveOptions& observe) {
  agent::ServiceGraphOptions options;
  bool enabled = true;
  value.fields({
      {"enabled", [&](const YamlValue& v) { v.into(enabled); }},
      {"store", [&](const YamlValue& v) { read_edge_store(v, options); }},
      {"dimensions",
       [&](const YamlValue& v) {
         v.into(options.dimensions);
         check_names(v, options.dimensions, {});
       }},
      {"latency_histogram_buckets",
       [&](const YamlValue& v) { read_buckets(v, options.shape.bounds); }},
      {"exponential_histogram_max_size",
       [&](const YamlValue& v) {
         read_max_size(v, options.shape);
         if (options.shape.is_exponential()) options.shape.bounds.clear();
       }},
      {"virtual_node_peer_attributes",
       [&](const YamlValue& v) { read_peers(v, options.peer_attributes); }},
      {"virtual_node_extra_label", [&](const YamlValue& v) { v.into(options.virtual_node_label); }},
      {"database_name_attributes",
       [&](const YamlValue& v) { read_peers(v, options.database_name_attributes); }},
      {"aggregation_cardinality_limit",
       [&](const YamlValue& v) { v.into(options.max_series, size_t{1}, limits::kMetricSeries); }},
      {"otlp_export", [&](const YamlValue& v) { v.into(observe.otlp_export); }},
      {"metrics_flush_interval",
       [&](const YamlValue& v) { read_flush_interval(v, observe.flush_interval); }},
      {"metrics_expiration", [&](const YamlValue& v) { v.into(options.expiration); }},
  });
  if (enabled) observe.service_graph = std::move(options);
}

std::string machine_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// What a place stamps on resources.
std::vector<agent::SeriesAttribute> attributes_of(const agent::Place& place) {
  std::vector<agent::SeriesAttribute> attributes = {{"cloud.region", place.region},
                                                    {"clew.datacenter", place.datacenter},
                                                    {"clew.core_location", place.core_location},
                                                    {"clew.edge", place.edge},
                                                    {"clew.rack", place.rack},
                                                    {"host.name", place.host}};
  std::erase_if(attributes, [](const auto& attribute) { return attribute.text.empty(); });
  return attributes;
}

}  // namespace

void add_observe_settings(Settings& settings, agent::ObserveOptions& options) {
  settings.push_back(section_setting(
      "span_metrics", "Calls, errors and durations of every span, counted before sampling",
      [&options](const YamlValue& value) { read_span_metrics(value, options); }));
  settings.push_back(
      section_setting("service_graph", "Requests between services, from pairs of their spans",
                      [&options](const YamlValue& value) { read_service_graph(value, options); }));
}

agent::ObserveOptions with_place(agent::ObserveOptions options, const agent::Place& place) {
  options.resource = attributes_of(place);
  std::string instance = place.host.empty() ? machine_name() : place.host;
  if (options.span_metrics) {
    options.span_metrics->instance_id = instance;
    for (agent::Dimension& dimension : options.span_metrics->dimensions) {
      auto at = std::ranges::find(options.resource, dimension.name, &agent::SeriesAttribute::name);
      if (at != options.resource.end()) dimension.fallback = at->text;
    }
  }
  if (options.service_graph) options.service_graph->instance_id = instance;
  options.resource.push_back({"service.name", "clew-agent"});
  options.resource.push_back({"service.instance.id", instance});
  return options;
}

}  // namespace clew
