// Who calls whom: edges between services, from pairs of client and server spans.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/observe/edge_store.h"
#include "agent/observe/metric_family.h"
#include "agent/observe/observed_span.h"
#include "agent/observe/series_table.h"
#include "agent/observe/shards.h"

namespace clew::agent {

/// Source of names and, where not said otherwise, defaults: the OpenTelemetry Collector's
/// servicegraph connector.
struct ServiceGraphOptions {
  /// How long half of a request waits for its other half. The collector waits 2 s, which is less
  /// than proxies and SDKs take to send a span.
  std::chrono::milliseconds ttl{10'000};
  /// Halves that wait at once; past it spans are left out and counted. The collector: 1,000.
  size_t max_items = 100'000;
  /// Attributes to split edges by, as client_NAME and server_NAME: the resource's, or else the
  /// span's.
  std::vector<std::string> dimensions;
  HistogramShape shape{.unit = DurationUnit::kSeconds};
  /// What names the server of a client span whose server's span never comes: the first that is
  /// there. Empty: such requests are not counted.
  std::vector<std::string> peer_attributes = {"peer.service", "db.name", "db.system"};
  /// What makes a client span the call of a database, which sends no spans of its own.
  std::vector<std::string> database_name_attributes = {"db.name"};
  /// Adds virtual_node: which side sent no span, client or server.
  bool virtual_node_label = false;
  /// Edges; requests past it are counted in one more, otel.metric.overflow=true.
  size_t max_series = 10'000;
  /// An edge without requests for this long goes.
  std::chrono::milliseconds expiration = std::chrono::minutes(15);
  std::string instance_id;  // collector.instance.id of every edge; empty: none
};

/// What is measured of the requests of an edge.
struct EdgeMeasures {
  uint64_t requests = 0;
  DurationHistogram client, server;
};

struct EdgeSeriesData : EdgeMeasures {
  bool failed = false;
  std::unique_ptr<EdgeMeasures> collected;  // when last collected as delta
  UnixNanos collected_at = 0;
};

/// Pairs CLIENT with SERVER and PRODUCER with CONSUMER spans by trace ID and parent span ID. Any
/// thread may call it; threads meet only at one of several locks, and where requests are complete.
///
/// Counters, as the connector's: clew_connector_servicegraph_total_edges_total,
/// …_expired_edges_total (their other half never came), …_dropped_spans_total (too many waited).
class ServiceGraph {
 public:
  /// `wanted` is told which attributes to look for.
  ServiceGraph(const ServiceGraphOptions& options, WantedKeys& wanted);

  void observe(std::span<const ObservedSpan> spans, UnixNanos now);

  /// Gives up what has waited too long: a client's request to nobody we know goes to its peer, a
  /// root server's comes from `user`. Removes edges without requests.
  void expire(UnixNanos now);

  /// traces_service_graph_request_{total,failed_total,server,client}. As delta only what changed
  /// since they were last asked for so.
  std::vector<MetricFamily> collect(Temporality temporality, UnixNanos now);

 private:
  using Data = EdgeSeriesData;
  using EdgeSeries = Series<Data>;
  struct alignas(64) Shard {
    std::mutex mutex;
    EdgeStore edges;
  };
  struct Arrival;
  struct Scratch;

  void pair(Shard& shard, const ObservedSpan& span, const EdgeKey& key, Scratch& scratch,
            UnixNanos now);
  void update(Edge& edge, const ObservedSpan& span, Scratch& scratch) const;
  std::string dimensions_of(const ObservedSpan& span, Scratch& scratch) const;
  std::string first_of(std::span<const size_t> keys, const ObservedSpan& span, bool of_resource,
                       Scratch& scratch) const;
  bool reserve();
  bool give_up_oldest(Shard& shard, Scratch& scratch, UnixNanos now);
  void count(Scratch& scratch, UnixNanos now);
  EdgeSeries& series_of(const Edge& edge, Scratch& scratch, UnixNanos now);
  std::shared_ptr<const SeriesAttributes> attributes_of(std::string_view key) const;
  void append(EdgeSeries& series, Temporality temporality, UnixNanos now,
              std::vector<MetricFamily>& families) const;

  ServiceGraphOptions options_;
  std::vector<size_t> dimensions_, peers_, databases_;  // indexes in WantedKeys
  std::array<Shard, kShards> shards_;
  std::atomic<size_t> waiting_ = 0;  // in all shards
  std::mutex series_mutex_;
  SeriesTable<Data> series_;
  std::optional<EdgeSeries> overflow_;
};

}  // namespace clew::agent
