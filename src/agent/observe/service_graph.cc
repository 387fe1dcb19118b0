#include "agent/observe/service_graph.h"

#include <utility>

#include "base/metrics.h"

namespace clew::agent {
namespace {

using otlp::SpanKind;

std::string_view text_of(Connection connection) {
  static constexpr std::array<std::string_view, 4> kTexts = {"", "messaging_system", "database",
                                                             "virtual_node"};
  return kTexts[static_cast<size_t>(connection)];
}

bool is_client(SpanKind kind) {
  return kind == SpanKind::kClient || kind == SpanKind::kProducer;
}

bool is_server(SpanKind kind) {
  return kind == SpanKind::kServer || kind == SpanKind::kConsumer;
}

UnixNanos ttl_of(const ServiceGraphOptions& options) {
  return static_cast<UnixNanos>(std::chrono::nanoseconds(options.ttl).count());
}

/// Which side of an edge sent no span.
std::string_view virtual_side(const Edge& edge) {
  if (edge.connection != Connection::kVirtualNode) return "";
  return edge.key.client_span.is_zero() ? "client" : "server";
}

prometheus::Counter& counter_of(const std::string& what, const std::string& help) {
  return metrics::counter("clew_connector_servicegraph_" + what + "_total", help);
}

prometheus::Counter& total_edges() {
  static auto& counter = counter_of("total_edges", "Requests of which one span or both came");
  return counter;
}

prometheus::Counter& expired_edges() {
  static auto& counter = counter_of("expired_edges", "Requests whose other span never came");
  return counter;
}

prometheus::Counter& dropped_spans() {
  static auto& counter =
      counter_of("dropped_spans", "Spans left out of the service graph: too many waited");
  return counter;
}

}  // namespace

/// A span being observed that is half of a request.
struct ServiceGraph::Arrival {
  uint64_t hash;
  EdgeKey key;
  uint32_t span;  // its index in the call
};

/// What one thread needs while it observes; kept for the next time.
struct ServiceGraph::Scratch {
  std::vector<Arrival> arrivals;
  ByShard<Arrival> by_shard;
  std::vector<Edge> done;  // complete or given up, to be counted
  size_t new_edges = 0, expired_edges = 0, dropped_spans = 0;
  KeyWriter keys;
  std::string text;
};

ServiceGraph::ServiceGraph(const ServiceGraphOptions& options, WantedKeys& wanted)
    : options_{options} {
  auto want = [&](const std::vector<std::string>& names, std::vector<size_t>& indexes) {
    for (const std::string& name : names) indexes.push_back(wanted.add(name));
  };
  want(options_.dimensions, dimensions_);
  want(options_.peer_attributes, peers_);
  want(options_.database_name_attributes, databases_);
}

void ServiceGraph::observe(std::span<const ObservedSpan> spans, UnixNanos now) {
  thread_local Scratch scratch;
  scratch.arrivals.clear();
  for (size_t i = 0; i < spans.size(); ++i) {
    const SpanFacts& facts = spans[i].facts;
    if (!is_client(facts.kind) && !is_server(facts.kind)) continue;
    EdgeKey key = {*spans[i].trace_id,
                   is_client(facts.kind) ? facts.span_id : facts.parent_span_id};
    std::string_view bytes(reinterpret_cast<const char*>(&key), sizeof(key));
    scratch.arrivals.push_back({hash_of_key(bytes), key, static_cast<uint32_t>(i)});
  }
  scratch.by_shard.sort(scratch.arrivals);
  for (size_t i = 0; i < kShards; ++i) {
    auto arrivals = scratch.by_shard.in(i);
    if (arrivals.empty()) continue;
    std::lock_guard lock(shards_[i].mutex);
    for (const Arrival& arrival : arrivals)
      pair(shards_[i], spans[arrival.span], arrival.key, scratch, now);
  }
  count(scratch, now);
}

void ServiceGraph::pair(Shard& shard, const ObservedSpan& span, const EdgeKey& key,
                        Scratch& scratch, UnixNanos now) {
  Edge* edge = shard.edges.find(key);
  if (!edge) {
    if (!reserve() && !(give_up_oldest(shard, scratch, now) && reserve()))
      return void(++scratch.dropped_spans);
    ++scratch.new_edges;
    edge = &shard.edges.add(key, now + ttl_of(options_));
  }
  update(*edge, span, scratch);
  if (!edge->is_complete()) return;
  scratch.done.push_back(shard.edges.take(key));
  --waiting_;
}

void ServiceGraph::update(Edge& edge, const ObservedSpan& span, Scratch& scratch) const {
  const SpanFacts& facts = span.facts;
  bool is_message = facts.kind == SpanKind::kProducer || facts.kind == SpanKind::kConsumer;
  edge.connection = is_message ? Connection::kMessaging : Connection::kDirect;
  edge.failed |= facts.status == otlp::StatusCode::kError;
  if (is_server(facts.kind)) {
    edge.server = span.service;
    edge.server_nanos = facts.duration();
    edge.server_dimensions = dimensions_of(span, scratch);
    return;
  }
  edge.client = span.service;
  edge.client_nanos = facts.duration();
  edge.client_dimensions = dimensions_of(span, scratch);
  edge.peer = first_of(peers_, span, false, scratch);
  std::string database = first_of(databases_, span, true, scratch);
  if (database.empty()) return;
  edge.connection = Connection::kDatabase;
  edge.server = std::move(database);
  edge.server_nanos = edge.client_nanos;
}

std::string ServiceGraph::dimensions_of(const ObservedSpan& span, Scratch& scratch) const {
  if (dimensions_.empty()) return {};
  scratch.keys.clear();
  for (size_t index : dimensions_) {
    RawValue value = span.resource_values[index];
    if (value.data() == nullptr) value = span.values[index];
    if (value.data() == nullptr)
      scratch.keys.add_absent();
    else
      scratch.keys.add(agent::text_of(value, scratch.text));
  }
  scratch.keys.finish();
  return std::string(scratch.keys.view(0, scratch.keys.size()));
}

/// The first attribute of a list that the span has; with `of_resource` the resource's goes first.
std::string ServiceGraph::first_of(std::span<const size_t> keys, const ObservedSpan& span,
                                   bool of_resource, Scratch& scratch) const {
  for (size_t index : keys) {
    RawValue value = of_resource ? span.resource_values[index] : RawValue();
    if (value.data() == nullptr) value = span.values[index];
    if (value.data() != nullptr)
      return std::string(agent::text_of(value, scratch.text).substr(0, limits::kMetricValueBytes));
  }
  return {};
}

bool ServiceGraph::reserve() {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < options_.max_items) return true;
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool ServiceGraph::give_up_oldest(Shard& shard, Scratch& scratch, UnixNanos now) {
  const Edge* oldest = shard.edges.oldest();
  // One that would wait for longer than any may: the clock was set back, and all behind it would
  // wait with it.
  bool set_back = oldest && oldest->expires > now + ttl_of(options_);
  if (!oldest || (oldest->expires > now && !set_back)) return false;
  Edge edge = shard.edges.take(oldest->key);
  --waiting_;
  ++scratch.expired_edges;
  if (options_.peer_attributes.empty()) return true;
  edge.connection = Connection::kVirtualNode;
  if (edge.server.empty())
    edge.server = edge.peer.empty() ? "unknown" : edge.peer;
  else if (edge.key.client_span.is_zero())
    edge.client = "user";
  else
    return true;  // some client called, but not one we know anything of
  scratch.done.push_back(std::move(edge));
  return true;
}

void ServiceGraph::count(Scratch& scratch, UnixNanos now) {
  auto add = [](prometheus::Counter& counter, size_t& number) {
    if (number != 0) counter.Increment(double(std::exchange(number, 0)));
  };
  add(total_edges(), scratch.new_edges);
  add(expired_edges(), scratch.expired_edges);
  add(dropped_spans(), scratch.dropped_spans);
  if (scratch.done.empty()) return;
  std::lock_guard lock(series_mutex_);
  for (const Edge& edge : scratch.done) {
    EdgeSeries& series = series_of(edge, scratch, now);
    series.last_seen = now;
    ++series.data.requests;
    series.data.client.add(edge.client_nanos, options_.shape);
    series.data.server.add(edge.server_nanos, options_.shape);
  }
  scratch.done.clear();
}

ServiceGraph::EdgeSeries& ServiceGraph::series_of(const Edge& edge, Scratch& scratch,
                                                  UnixNanos now) {
  KeyWriter& writer = scratch.keys;
  writer.clear();
  writer.add(edge.client);
  writer.add(edge.server);
  writer.add(text_of(edge.connection));
  writer.add(edge.failed ? "true" : "false");
  writer.add(virtual_side(edge));
  for (const std::string* side : {&edge.client_dimensions, &edge.server_dimensions}) {
    KeyReader reader(*side);
    for (size_t i = 0; i < dimensions_.size(); ++i) {
      std::string_view text = reader.at_end() ? std::string_view() : reader.next();
      if (text.data() == nullptr)
        writer.add_absent();
      else
        writer.add(text);
    }
  }
  writer.finish();
  std::string_view key = writer.view(0, writer.size());
  uint64_t hash = hash_of_key(key);
  if (EdgeSeries* series = series_.find(hash, key)) return *series;
  if (series_.size() < options_.max_series)
    return series_.insert(
        hash, {std::string(key), attributes_of(key), now, now, {{}, edge.failed, nullptr, 0}});
  if (!overflow_)
    overflow_ = EdgeSeries{
        "",
        std::make_shared<const SeriesAttributes>(overflow_attributes(options_.instance_id)),
        now,
        now,
        {}};
  return *overflow_;
}

std::shared_ptr<const SeriesAttributes> ServiceGraph::attributes_of(std::string_view key) const {
  SeriesAttributes attributes;
  KeyReader reader(key);
  for (std::string_view name : {"client", "server", "connection_type"})
    attributes.push_back({std::string(name), std::string(reader.next())});
  attributes.push_back({"failed", std::string(reader.next()), otlp::ValueType::kBool});
  std::string_view side = reader.next();
  if (options_.virtual_node_label) attributes.push_back({"virtual_node", std::string(side)});
  for (std::string_view prefix : {"client_", "server_"})
    for (const std::string& name : options_.dimensions)
      if (std::string_view text = reader.next(); text.data() != nullptr)
        attributes.push_back({std::string(prefix) + name, std::string(text)});
  if (!options_.instance_id.empty())
    attributes.push_back({std::string(kInstanceId), options_.instance_id});
  return std::make_shared<const SeriesAttributes>(std::move(attributes));
}

void ServiceGraph::expire(UnixNanos now) {
  thread_local Scratch scratch;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    while (give_up_oldest(shard, scratch, now)) {
    }
  }
  count(scratch, now);
  auto age = static_cast<UnixNanos>(std::chrono::nanoseconds(options_.expiration).count());
  auto expired = [&](const EdgeSeries& series) {
    return now >= series.last_seen && now - series.last_seen >= age;
  };
  std::lock_guard lock(series_mutex_);
  series_.erase_if(expired);
  if (overflow_ && expired(*overflow_)) overflow_.reset();
}

std::vector<MetricFamily> ServiceGraph::collect(Temporality temporality, UnixNanos now) {
  std::string prefix = "traces_service_graph_request_";
  std::vector<MetricFamily> families = {
      {.name = prefix + "total", .description = "Requests between two services"},
      {.name = prefix + "failed_total", .description = "Failed requests between two services"},
      {.name = prefix + "server",
       .description = "Time of requests between two services as the server saw it",
       .shape = &options_.shape},
      {.name = prefix + "client",
       .description = "Time of requests between two services as the client saw it",
       .shape = &options_.shape}};
  for (MetricFamily& family : families)
    if (family.shape) family.unit = family.shape->unit == DurationUnit::kSeconds ? "s" : "ms";
  std::lock_guard lock(series_mutex_);
  series_.for_each([&](EdgeSeries& series) { append(series, temporality, now, families); });
  if (overflow_) append(*overflow_, temporality, now, families);
  return families;
}

void ServiceGraph::append(EdgeSeries& series, Temporality temporality, UnixNanos now,
                          std::vector<MetricFamily>& families) const {
  Data& data = series.data;
  MetricPoint point{.attributes = series.attributes, .start = series.start, .value = data.requests};
  DurationHistogram client = data.client, server = data.server;
  if (temporality == Temporality::kDelta) {
    if (!data.collected) {
      data.collected = std::make_unique<EdgeMeasures>();
      data.collected_at = series.start;
    }
    if (data.requests == data.collected->requests) return;
    point.start = data.collected_at;
    point.value -= data.collected->requests;
    client = client.since(data.collected->client);
    server = server.since(data.collected->server);
    *data.collected = static_cast<const EdgeMeasures&>(data);
    data.collected_at = now;
  }
  families[0].points.push_back(point);
  if (data.failed) families[1].points.push_back(point);
  point.histogram = std::move(server);
  families[2].points.push_back(point);
  point.histogram = std::move(client);
  families[3].points.push_back(std::move(point));
}

}  // namespace clew::agent
