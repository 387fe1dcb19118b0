#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "api/archive.h"
#include "api/clew_columns.h"
#include "api/clew_mesh.h"
#include "api/clew_population.h"
#include "api/clew_spans.h"
#include "api/clew_system.h"
#include "api/clew_tail.h"
#include "api/clew_v1.h"
#include "api/health.h"
#include "api/jaeger_grpc.h"
#include "api/jaeger_metrics.h"
#include "api/jaeger_storage.h"
#include "api/jaeger_v1.h"
#include "api/jaeger_v3.h"
#include "api/mcp.h"
#include "api/reflection.h"
#include "api/tempo.h"
#include "api/tempo_grpc.h"
#include "api/ui.h"
#include "api/zipkin_v2.h"
#include "base/check.h"
#include "base/disk_memory.h"
#include "base/log.h"
#include "main/listeners.h"
#include "main/receiver_names.h"
#include "main/roles.h"
#include "main/signals.h"
#include "main/version.h"
#include "opamp/agents.h"
#include "opamp/endpoint.h"
#include "query/engine.h"
#include "query/tail.h"
#include "receive/otlp_endpoint.h"
#include "receive/otlp_json.h"
#include "store/memory_budget.h"
#include "store/store.h"
#include "store/store_memory.h"

namespace clew {
namespace {

store::MemoryBudget memory_budget(const StoreConfig& config) {
  auto kind = config.storage == "memory" ? store::StorageKind::kMemory : store::StorageKind::kDisk;
  auto budget = store::split_memory(config.memory_limit, kind);
  CLEW_CHECK(budget.has_value());  // validate() has seen the limit
  return *budget;
}

store::StoreOptions store_options(const StoreConfig& config) {
  store::MemoryBudget budget = memory_budget(config);
  store::StoreOptions options;
  options.directory = config.data;
  options.durability = config.durability == "fsync" ? store::Durability::kFsync
                       : config.durability == "os"  ? store::Durability::kOs
                                                    : store::Durability::kMemory;
  options.head_bytes = config.head_bytes != 0 ? config.head_bytes : budget.head_bytes;
  options.inflight_bytes = budget.inflight_bytes;
  options.cache_bytes = budget.cache_bytes;
  if (config.min_free_bytes != 0) options.min_free_bytes = config.min_free_bytes;
  options.retention = std::chrono::duration_cast<std::chrono::hours>(config.retention);
  if (config.max_bytes != 0) options.max_bytes = config.max_bytes;
  options.retention_overrides = config.tenant_retention;
  return options;
}

store::MemoryBounds memory_bounds(const StoreConfig& config) {
  store::MemoryBudget budget = memory_budget(config);
  return {.spans = static_cast<uint64_t>(config.memory_max_spans),
          .bytes = config.memory_max_bytes != 0 ? config.memory_max_bytes
                                                : budget.head_bytes + budget.block_bytes};
}

/// Not ready also while only spans are refused: whoever balances sends them elsewhere, and the
/// operator is told. Queries still go on for those who ask.
void add_health_of(net::HttpRoutes& routes, store::Store& store) {
  api::add_health(routes, [&store] { return store.stats().read_only_reason; });
}

std::optional<api::MeshSource> mesh_source(const StoreConfig& config) {
  if (config.mesh_url.empty()) return std::nullopt;
  return api::MeshSource{
      .url = config.mesh_url, .token_file = config.mesh_token_file, .ca_file = config.mesh_ca_file};
}

api::SystemAbout system_about(const StoreConfig& config, const store::StoreOptions& options) {
  return {.version = kVersion,
          .started = Clock::system().now(),
          .receivers = receiver_names(config.receivers),
          .in_memory = config.storage == "memory",
          .directory = config.data,
          .durability = config.durability,
          .memory_limit = config.memory_limit,
          .head_bytes = options.head_bytes,
          .max_age = options.retention,
          .max_bytes = options.max_bytes,
          .max_spans = options.max_spans,
          .min_free_bytes = options.min_free_bytes,
          .tenants = options.retention_overrides.size()};
}

net::HttpRoutes query_routes(const StoreConfig& config, query::Engine& engine,
                             query::Populations& populations, query::Tail& tail,
                             store::Store& store, api::JaegerOptions jaeger) {
  net::HttpRoutes routes(config.base_path);
  api::add_jaeger_v1(routes, engine, jaeger);
  api::add_jaeger_transform(
      routes, [](std::string_view json) { return receive::otlp_json_to_protobuf(json); });
  api::add_jaeger_metrics(routes, engine);
  api::add_jaeger_v3(routes, engine, jaeger);
  api::add_clew_v1(routes, engine);
  api::add_clew_columns(routes, store);
  api::add_clew_population(routes, populations);
  api::add_clew_spans(routes, store);
  api::add_clew_tail(routes, tail);
  api::add_tempo(routes, engine, "/tempo");
  api::add_mcp(routes, engine, kVersion);
  api::add_ui(routes);
  api::add_archive(routes, store);
  add_health_of(routes, store);
  return routes;
}

net::HttpRoutes tempo_routes(query::Engine& engine, store::Store& store) {
  net::HttpRoutes routes;
  api::add_tempo(routes, engine, "");
  add_health_of(routes, store);
  return routes;
}

Result<void> start_tempo(Listeners& queries, const StoreConfig& config, query::Engine& engine,
                         store::Store& store) {
  net::GrpcMethods methods;
  api::add_tempo_grpc(methods, engine);
  // Grafana asks one URL for both.
  auto http = queries.start_http("Tempo queries", "--tempo-query", config.tempo_query_http,
                                 net::HttpErrorForm::kText, tempo_routes(engine, store), methods);
  if (!http) return http;
  return queries.start_grpc("Tempo queries/gRPC", "--tempo-query-grpc", config.tempo_query_grpc,
                            std::move(methods));
}

net::HttpRoutes zipkin_routes(query::Engine& engine, const StoreConfig& config) {
  api::ZipkinOptions options{.strict_trace_id = config.zipkin_strict_trace_id};
  std::string key;
  for (std::istringstream keys(config.zipkin_autocomplete_keys); std::getline(keys, key, ',');)
    if (!key.empty()) options.autocomplete_keys.push_back(key);
  net::HttpRoutes routes;
  api::add_zipkin_v2(routes, engine, std::move(options));
  return routes;
}

net::HttpRoutes opamp_routes(opamp::Agents& agents) {
  net::HttpRoutes routes;
  opamp::add_opamp(routes, agents);
  return routes;
}

/// `accepted`, which also shows the batch to those who follow.
otlp::Accepted tapped(query::Tail& tail, const Tenant& tenant, const otlp::Batch& batch,
                      otlp::Accepted accepted) {
  return [&tail, tenant, batch, accepted = std::move(accepted)](Result<void> result) mutable {
    if (result) tail.offer(tenant, batch);
    accepted(std::move(result));
  };
}

net::GrpcMethods jaeger_query_methods(query::Engine& engine, store::Store& store,
                                      api::JaegerOptions jaeger) {
  net::GrpcMethods methods;
  api::add_jaeger_grpc_v2(methods, engine, store, jaeger);
  api::add_jaeger_grpc_v3(methods, engine, jaeger);
  api::add_jaeger_capabilities(methods);
  api::add_reflection(methods);
  return methods;
}

net::GrpcMethods jaeger_storage_methods(query::Engine& engine, const otlp::Sink& sink) {
  net::GrpcMethods methods;
  api::add_jaeger_storage(methods, engine);
  receive::add_otlp_grpc(methods, sink);
  api::add_reflection(methods);
  return methods;
}

}  // namespace

Result<void> run_store(const StoreConfig& config) {
  store::StoreOptions options = store_options(config);
  store::MemoryBounds bounds = memory_bounds(config);
  MemoryDisk memory(store::memory_disk_bytes(bounds));
  bool in_memory = config.storage == "memory";
  if (in_memory) store::keep_in_memory(options, memory, bounds);
  auto opened = store::Store::open(options);
  if (!opened) return std::unexpected(opened.error());
  store::Store& store = **opened;
  query::Engine engine(store, Clock::system(), query::Engine::SharedSpans::kSeparate);
  query::Engine zipkin_engine(store);
  query::Populations populations(store);
  api::JaegerOptions jaeger{.max_clock_skew = config.jaeger_max_clock_skew};
  if (in_memory)
    log::warn("store in memory: the newest {} spans or {} bytes; nothing survives a restart",
              bounds.spans, bounds.bytes);
  else
    log::info("store in {}", config.data);

  opamp::Agents agents;
  query::Tail tail(engine);
  otlp::Sink sink = [&](const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
    if (tail.has_followers()) accepted = tapped(tail, tenant, batch, std::move(accepted));
    store.append(tenant, std::move(batch), std::move(accepted));
  };
  Listeners queries(config.common), receivers(config.common);
  auto started = in_order(
      [&] {
        return receivers.start_receivers(
            config.receivers, sink, {},
            {.otlp = opamp_routes(agents), .zipkin = zipkin_routes(zipkin_engine, config)});
      },
      // After the receivers: who asks /ready and hears yes may send.
      [&] {
        net::HttpRoutes routes = query_routes(config, engine, populations, tail, store, jaeger);
        api::add_clew_system(routes, store, agents, system_about(config, options));
        if (auto mesh = api::add_clew_mesh(routes, mesh_source(config)); !mesh) return mesh;
        return queries.start_http("UI and queries", "--http", config.http,
                                  net::HttpErrorForm::kJson, std::move(routes));
      },
      [&] {
        return queries.start_grpc("Jaeger queries/gRPC", "--jaeger-query-grpc",
                                  config.jaeger_query_grpc,
                                  jaeger_query_methods(engine, store, jaeger));
      },
      [&] {
        return receivers.start_grpc("Jaeger storage/gRPC", "--jaeger-storage-grpc",
                                    config.jaeger_storage_grpc,
                                    jaeger_storage_methods(engine, sink));
      },
      [&] { return start_tempo(queries, config, engine, store); });
  if (!started) return started;

  wait_for_stop();
  // Spans first: what was taken is answered for before the queries and the store go. Zipkin's port
  // has queries too, which must not take that time.
  ShutdownTime time(config.common.shutdown_timeout);
  engine.cancel();
  zipkin_engine.cancel();
  populations.cancel();
  tail.stop();
  receivers.stop(time.half());
  queries.stop(time.end());
  store.close();
  log::info("stopped");
  return {};
}

}  // namespace clew
