#include "api/clew_v1.h"
#include "api/health.h"
#include "api/jaeger_v1.h"
#include "api/ui.h"
#include "base/log.h"
#include "main/listeners.h"
#include "main/roles.h"
#include "main/signals.h"
#include "query/engine.h"
#include "store/store.h"

namespace clew {
namespace {

store::StoreOptions store_options(const StoreConfig& config) {
  store::StoreOptions options;
  options.directory = config.data;
  options.durability = config.durability == "fsync" ? store::Durability::kFsync
                       : config.durability == "os"  ? store::Durability::kOs
                                                    : store::Durability::kMemory;
  options.head_bytes = config.head_bytes;
  options.retention = std::chrono::duration_cast<std::chrono::hours>(config.retention);
  if (config.max_bytes != 0) options.max_bytes = config.max_bytes;
  return options;
}

net::HttpRoutes query_routes(query::Engine& engine, const store::Store& store) {
  net::HttpRoutes routes;
  api::add_jaeger_v1(routes, engine);
  api::add_clew_v1(routes, engine);
  api::add_ui(routes);
  api::add_health(routes, [&store]() -> std::string {
    return store.stats().read_only ? "the disk is full or failing: spans are refused" : "";
  });
  return routes;
}

}  // namespace

Result<void> run_store(const StoreConfig& config) {
  auto opened = store::Store::open(store_options(config));
  if (!opened) return std::unexpected(opened.error());
  store::Store& store = **opened;
  query::Engine engine(store);
  log::info("store in {}", config.data);

  otlp::Sink sink = [&store](const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
    store.append(tenant, std::move(batch), std::move(accepted));
  };
  Listeners queries(config.common), receivers(config.common);
  auto started = in_order(
      [&] {
        return queries.start_http("UI and queries", "--http", config.http,
                                  net::HttpErrorForm::kJson, query_routes(engine, store));
      },
      [&] { return receivers.start_receivers(config.receivers, sink); });
  if (!started) return started;

  wait_for_stop();
  // Spans first: what was taken is answered for before the queries and the store go.
  ShutdownTime time(config.common.shutdown_timeout);
  receivers.stop(time.half());
  engine.cancel();
  queries.stop(time.end());
  store.close();
  log::info("stopped");
  return {};
}

}  // namespace clew
