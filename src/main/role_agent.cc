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
  auto client = make_otlp_client(config);
  if (!client) return std::unexpected(client.error());
  agent::Agent agent(config.edits, exporter_options(config), otlp_send(**client, config.timeout));
  log::info("exporting to {}", config.endpoint);

  net::HttpRoutes routes;
  api::add_health(routes, [&agent, &config] {
    return agent.refuses() ? fmt::format("the export queue is full: is {} away?", config.endpoint)
                           : std::string();
  });
  otlp::Sink sink = [&agent](const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
    agent.accept(tenant, batch, std::move(accepted));
  };
  otlp::PayloadSink payloads = [&agent](const Tenant& tenant, const otlp::Payload& payload,
                                        otlp::Accepted accepted) {
    agent.accept(tenant, payload, std::move(accepted));
  };
  Listeners status(config.common), receivers(config.common);
  auto started = in_order(
      [&] {
        return status.start_http("status", "--http", config.http, net::HttpErrorForm::kText,
                                 std::move(routes));
      },
      [&] { return receivers.start_receivers(config.receivers, sink, payloads); });
  if (!started) return started;

  wait_for_stop();
  // Half of the time for senders that are in the middle of a request, the rest for what is queued.
  ShutdownTime time(config.common.shutdown_timeout);
  receivers.stop(time.half());
  size_t left = agent.drain(time.end());
  status.stop(time.end());
  if (left != 0)
    return fail(Code::kTimeout,
                "{} spans were not delivered to {} within shutdown_timeout and are lost", left,
                config.endpoint);
  log::info("stopped");
  return {};
}

}  // namespace clew
