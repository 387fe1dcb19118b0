#include "agent/agent.h"
#include "api/health.h"
#include "base/log.h"
#include "main/listeners.h"
#include "main/otlp_client.h"
#include "main/roles.h"
#include "main/signals.h"

namespace clew {
namespace {

agent::ExporterOptions exporter_options(const AgentConfig& config) {
  return {.queue = {.max_bytes = config.queue_bytes,
                    .batch_bytes = config.batch_bytes,
                    .batch_timeout = config.batch_timeout},
          .retry = config.retry,
          .consumers = config.consumers};
}

}  // namespace

Result<void> run_agent(const AgentConfig& config) {
  // Outlives the agent: the connection must not end on one of its own callbacks.
  auto send = make_otlp_send(config);
  if (!send) return std::unexpected(send.error());
  agent::Agent agent(config.place, exporter_options(config), *send);
  log::info("exporting to {}", config.endpoint);

  net::HttpRoutes routes;
  api::add_health(routes, [] { return std::string(); });
  otlp::Sink sink = [&agent](const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
    agent.accept(tenant, batch, std::move(accepted));
  };
  Listeners status(config.common), receivers(config.common);
  auto started = in_order(
      [&] {
        return status.start_http("status", "--http", config.http, net::HttpErrorForm::kText,
                                 std::move(routes));
      },
      [&] { return receivers.start_receivers(config.receivers, sink); });
  if (!started) return started;

  wait_for_stop();
  receivers.stop();
  size_t left = agent.drain(std::chrono::steady_clock::now() + config.common.shutdown_timeout);
  status.stop();
  if (left != 0)
    return fail(Code::kTimeout,
                "{} spans were not delivered to {} within shutdown_timeout and are lost", left,
                config.endpoint);
  log::info("stopped");
  return {};
}

}  // namespace clew
