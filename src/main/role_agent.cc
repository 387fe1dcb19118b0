#include <malloc.h>

#include "agent/agent.h"
#include "agent/memory_split.h"
#include "api/health.h"
#include "base/log.h"
#include "main/listeners.h"
#include "main/otlp_client.h"
#include "main/remote_sampling.h"
#include "main/roles.h"
#include "main/settings_agent_queue.h"
#include "main/signals.h"

namespace clew {
namespace {

agent::ExporterOptions exporter_options(const AgentConfig& config) {
  return {.queue = queue_options(config), .retry = config.retry, .consumers = config.consumers};
}

/// Memory that is free is to be the system's again, or memory.limit would mean little: large
/// buffers get pages of their own, a few arenas serve all threads. Buffers of usual requests stay
/// with the allocator, which is what makes it fast.
void limit_allocator() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
  mallopt(M_ARENA_MAX, 4);
}

}  // namespace

Result<void> run_agent(const AgentConfig& config) {
  auto client = make_otlp_client(config);
  if (!client) return std::unexpected(client.error());
  limit_allocator();
  auto exporter =
      agent::Exporter::open(exporter_options(config), otlp_send(**client, config.timeout));
  if (!exporter) return std::unexpected(exporter.error());
  agent::Agent agent(config.sampling, config.edits, *std::move(exporter));
  log::info("exporting to {}", config.endpoint);

  net::HttpRoutes routes;
  api::add_health(routes, [&agent, &config] {
    return agent.refuses() ? fmt::format("the export queue is full: is {} away?", config.endpoint)
                           : std::string();
  });
  std::unique_ptr<agent::RemoteSampling> remote_sampling;
  otlp::Sink sink = [&agent, &remote_sampling](const Tenant& tenant, otlp::Batch batch,
                                               otlp::Accepted accepted) {
    if (remote_sampling) remote_sampling->observe(batch);
    agent.accept(tenant, batch, std::move(accepted));
  };
  otlp::PayloadSink payloads = [&agent](const Tenant& tenant, const otlp::Payload& payload,
                                        otlp::Accepted accepted) {
    agent.accept(tenant, payload, std::move(accepted));
  };
  agent::MemorySplit memory(config.memory_limit);
  Listeners status(config.common);
  Listeners receivers(config.common,
                      {.inflight = std::make_shared<ByteBudget>(memory.inflight_bytes),
                       .request_bytes = memory.request_bytes});
  auto start_sampling = [&]() -> Result<void> {
    if (!config.remote_sampling) return {};
    auto sampling = start_remote_sampling(*config.remote_sampling, receivers);
    if (!sampling) return std::unexpected(sampling.error());
    remote_sampling = *std::move(sampling);
    return {};
  };
  // The status last: who is told that the agent is ready may send.
  auto started = in_order(
      start_sampling, [&] { return receivers.start_receivers(config.receivers, sink, payloads); },
      [&] {
        return status.start_http("status", "--http", config.http, net::HttpErrorForm::kText,
                                 std::move(routes));
      });
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
