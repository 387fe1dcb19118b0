#include "main/settings_observe.h"

#include <gtest/gtest.h>

#include "main/config_file.h"

namespace clew {
namespace {

using namespace std::chrono_literals;
using agent::ObserveOptions;
using agent::Temporality;

/// The problems of a YAML text; "" if there are none.
std::string problems(const std::string& yaml, ObserveOptions* into = nullptr) {
  ObserveOptions options;
  Settings settings;
  add_observe_settings(settings, into ? *into : options);
  auto applied = apply_yaml("agent.yaml", yaml, settings);
  return applied ? "" : applied.error().message;
}

ObserveOptions options_of(const std::string& yaml) {
  ObserveOptions options;
  EXPECT_EQ(problems(yaml, &options), "");
  return options;
}

TEST(ObserveSettings, ASectionThatIsGivenIsOn) {
  EXPECT_FALSE(options_of("").is_on());
  EXPECT_TRUE(options_of("span_metrics:\n").span_metrics.has_value());
  EXPECT_TRUE(options_of("service_graph: {}\n").service_graph.has_value());
  EXPECT_FALSE(options_of("span_metrics: {enabled: false}\n").is_on());
}

TEST(ObserveSettings, TakeWhatTheCollectorsConnectorsTake) {
  ObserveOptions options = options_of(R"(
span_metrics:
  namespace: mesh
  dimensions: [{name: http.method, default: GET}, {name: http.status_code}]
  exclude_dimensions: [status.code]
  histogram: {unit: s, explicit: {buckets: [100us, 1ms, 250ms]}}
  aggregation_cardinality_limit: 500
  aggregation_temporality: AGGREGATION_TEMPORALITY_DELTA
  metrics_flush_interval: 15s
  metrics_expiration: 5m
  exemplars: {enabled: true}
service_graph:
  store: {ttl: 3s, max_items: 50}
  dimensions: [zone]
  latency_histogram_buckets: [10ms, 1s]
  virtual_node_peer_attributes: [upstream_cluster.name]
  virtual_node_extra_label: true
  database_name_attributes: [db.namespace]
)");
  const agent::SpanMetricsOptions& metrics = *options.span_metrics;
  EXPECT_EQ(metrics.metric_namespace, "mesh");
  ASSERT_EQ(metrics.dimensions.size(), 2u);
  EXPECT_EQ(metrics.dimensions[0].name, "http.method");
  EXPECT_EQ(metrics.dimensions[0].fallback, "GET");
  EXPECT_EQ(metrics.dimensions[1].fallback, std::nullopt);
  EXPECT_EQ(metrics.exclude_dimensions, std::vector<std::string>{"status.code"});
  EXPECT_EQ(metrics.shape.unit, agent::DurationUnit::kSeconds);
  EXPECT_EQ(metrics.shape.bounds, (std::vector<uint64_t>{100'000, 1'000'000, 250'000'000}));
  EXPECT_EQ(metrics.max_series, 500u);
  EXPECT_EQ(metrics.expiration, 5min);
  EXPECT_TRUE(metrics.exemplars);
  EXPECT_EQ(options.temporality, Temporality::kDelta);
  EXPECT_EQ(options.flush_interval, 15s);
  const agent::ServiceGraphOptions& graph = *options.service_graph;
  EXPECT_EQ(graph.ttl, 3s);
  EXPECT_EQ(graph.max_items, 50u);
  EXPECT_EQ(graph.dimensions, std::vector<std::string>{"zone"});
  EXPECT_EQ(graph.shape.bounds, (std::vector<uint64_t>{10'000'000, 1'000'000'000}));
  EXPECT_EQ(graph.peer_attributes, std::vector<std::string>{"upstream_cluster.name"});
  EXPECT_TRUE(graph.virtual_node_label);
  EXPECT_EQ(graph.database_name_attributes, std::vector<std::string>{"db.namespace"});
}

TEST(ObserveSettings, AnExponentialHistogramHasNoBounds) {
  ObserveOptions options = options_of("span_metrics: {histogram: {exponential: {}}}\n");
  EXPECT_EQ(options.span_metrics->shape.max_size, 160);
  EXPECT_TRUE(options.span_metrics->shape.bounds.empty());
  options = options_of("span_metrics: {histogram: {exponential: {max_size: 20}}}\n");
  EXPECT_EQ(options.span_metrics->shape.max_size, 20);
}

TEST(ObserveSettings, RefuseWhatAScraperWouldRefuse) {
  EXPECT_EQ(problems("span_metrics:\n  dimensions: [{name: a.b}, {name: a_b}]\n"),
            "agent.yaml:2: span_metrics.dimensions: a_b would be there twice: Prometheus calls it "
            "a_b");
  EXPECT_EQ(problems("span_metrics:\n  dimensions: [{name: span.kind}]\n"),
            "agent.yaml:2: span_metrics.dimensions: span.kind would be there twice: Prometheus "
            "calls it span_kind");
  EXPECT_EQ(problems("span_metrics:\n  dimensions: [{default: x}]\n"),
            "agent.yaml:2: span_metrics.dimensions: a name is missing");
  EXPECT_EQ(problems("span_metrics:\n  histogram: {explicit: {buckets: [2ms, 1ms]}}\n"),
            "agent.yaml:2: span_metrics.histogram.explicit.buckets[1]: buckets must ascend: 1ms is "
            "not more than the one before");
  EXPECT_EQ(problems("span_metrics:\n  histogram: {explicit: {}, exponential: {}}\n"),
            "agent.yaml:2: span_metrics.histogram: give explicit or exponential, not both");
  EXPECT_EQ(problems("span_metrics:\n  exclude_dimensions: [span_name]\n"),
            "agent.yaml:2: span_metrics.exclude_dimensions[0]: \"span_name\" is not one of "
            "service.name|span.name|span.kind|status.code|collector.instance.id");
  EXPECT_EQ(problems("service_graph:\n  store: {ttls: 2s}\n"),
            "agent.yaml:2: service_graph.store.ttls: unknown setting (did you mean "
            "service_graph.store.ttl?)");
}

TEST(ObserveSettings, BoundHowManyDimensionsThereAre) {
  std::string list;
  for (int i = 0; i < 20; ++i) list += "{name: d" + std::to_string(i) + "},";
  EXPECT_EQ(problems("span_metrics: {dimensions: [" + list + "]}\n"), "");
  EXPECT_EQ(problems("span_metrics: {dimensions: [" + list + "{name: e}]}\n"),
            "agent.yaml:1: span_metrics.dimensions: at most 20 of them");
}

TEST(ObserveSettings, ThePlaceFillsDimensionsAndTellsAgentsApart) {
  ObserveOptions options = options_of(
      "span_metrics: {dimensions: [{name: clew.datacenter, default: x}, {name: zone}]}\n"
      "service_graph:\n");
  options = with_place(options, {.datacenter = "fra1", .host = "server-7"});
  EXPECT_EQ(options.span_metrics->dimensions[0].fallback, "fra1");
  EXPECT_EQ(options.span_metrics->dimensions[1].fallback, std::nullopt);
  EXPECT_EQ(options.span_metrics->instance_id, "server-7");
  EXPECT_EQ(options.service_graph->instance_id, "server-7");
  ASSERT_EQ(options.resource.size(), 4u);
  EXPECT_EQ(options.resource[0].name, "clew.datacenter");
  EXPECT_EQ(options.resource[3].text, "server-7");
  EXPECT_FALSE(with_place(options, {}).span_metrics->instance_id.empty());
}

}  // namespace
}  // namespace clew
