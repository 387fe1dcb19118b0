#include "agent/agent.h"
#include "api/health.h"
#include "base/log.h"
#include "main/listeners.h"
#include "main/peer.h"
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

/// The exporters in use. `peers` keeps whom they send to: it must outlive them.
Result<agent::Exporters> make_exporters(const AgentConfig& config,
                                        std::vector<std::unique_ptr<Peer>>& peers) {
  std::vector<agent::ExporterSpec> specs;
  for (const std::string& name : names_in_use(config.exporters)) {
    const ExporterConfig& own = config.exporters.at(name);
    auto made = make_peer(name, own);
    if (!made) return fail(made.error().code, "exporters.{}: {}", name, made.error().message);
    Peer* peer = peers.emplace_back(*std::move(made)).get();
    auto send = [peer](otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                       Peer::Done done) {
      peer->send(signal, tenant, std::move(request), std::move(done));
    };
    specs.push_back({.name = name,
                     .options = own.overrides.over(exporter_options(config)),
                     .send = send,
                     .traces_only = peer->traces_only()});
    log::info("{} exports{}", name, own.endpoint.empty() ? "" : " to " + own.endpoint);
  }
  return agent::Exporters(std::move(specs), config.routing);
}

Result<void> report_left(const std::vector<std::pair<std::string, size_t>>& left) {
  if (left.empty()) return {};
  std::vector<std::string> parts;
  for (const auto& [name, spans] : left)
    parts.push_back(fmt::format("{} spans were not delivered by {}", spans, name));
  return fail(Code::kTimeout, "{} within shutdown_timeout and are lost", fmt::join(parts, ", "));
}

}  // namespace

Result<void> run_agent(const AgentConfig& config) {
  std::vector<std::unique_ptr<Peer>> peers;
  auto exporters = make_exporters(config, peers);
  if (!exporters) return std::unexpected(exporters.error());
  agent::Agent agent(config.place, *std::move(exporters));

  net::HttpRoutes routes;
  api::add_health(routes, [&agent] {
    return agent.refuses() ? "every export queue is full: are the peers away?" : std::string();
  });
  otlp::Sink sink = [&agent](const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
    agent.accept(tenant, batch, std::move(accepted));
  };
  Listeners status(config.common), receivers(config.common);
  auto started = in_order([&] { return receivers.start_receivers(config.receivers, sink); },
                          // After the receivers: who asks /ready and hears yes may send.
                          [&] {
                            return status.start_http("status", "--http", config.http,
                                                     net::HttpErrorForm::kText, std::move(routes));
                          });
  if (!started) return started;

  wait_for_stop();
  // Half of the time for senders that are in the middle of a request, the rest for what is queued.
  ShutdownTime time(config.common.shutdown_timeout);
  receivers.stop(time.half());
  auto left = agent.drain(time.end());
  status.stop(time.end());
  if (auto reported = report_left(left); !reported) return reported;
  log::info("stopped");
  return {};
}

}  // namespace clew
