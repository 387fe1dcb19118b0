
#include <atomic>
#include <memory>

#include "agent/agent.h"
#include "agent/memory_split.h"
#include "agent/observe/exposition.h"
#include "agent/observe/flush.h"
#include "api/agent_page.h"
#include "api/health.h"
#include "base/log.h"
#include "base/metrics.h"
#include "main/agent_health.h"
#include "main/agent_reload.h"
#include "main/allocator.h"
#include "main/listeners.h"
#include "main/opamp_outlet.h"
#include "main/outlets.h"
#include "main/receiver_names.h"
#include "main/remote_sampling.h"
#include "main/roles.h"
#include "main/settings_observe.h"
#include "main/signals.h"
#include "main/version.h"

namespace clew {
namespace {

/// The metrics of spans while an agent runs, shown on /metrics.
struct ObservedSpans {
  ObservedSpans(const agent::ObserveOptions& options, const agent::SamplingStage& sampling)
      : observer(options, [&sampling](const Tenant& tenant, const otlp::Batch& batch,
                                      const otlp::SpanRef& ref) {
          return sampling.keeps(tenant, batch, ref);
        }) {}

  agent::Observer observer;
  std::shared_ptr<void> source = metrics::add_source([this](metrics::TextWriter& writer) {
    write_text(observer.collect(agent::Temporality::kCumulative), writer);
  });
};

/// Where metrics of spans go as OTLP, if they are to.
agent::ExportMetrics metrics_export(const agent::ObserveOptions& options, agent::Agent& agent) {
  if (!options.otlp_export) return {};
  return [&agent](agent::MetricsRequest request) {
    agent.send_metrics(request.bytes, request.points, [](Result<void> queued) {
      if (!queued) log::warn("metrics of spans were not sent: {}", queued.error().message);
    });
  };
}

Result<void> report_left(const std::vector<std::pair<std::string, size_t>>& left) {
  if (left.empty()) {
    log::info("stopped");
    return {};
  }
  std::vector<std::string> parts;
  for (const auto& [name, spans] : left)
    parts.push_back(fmt::format("{} spans were not delivered by {}", spans, name));
  return fail(Code::kTimeout, "{} within shutdown_timeout and are lost", fmt::join(parts, ", "));
}

api::AgentAbout about(const AgentConfig& config) {
  api::AgentAbout about{.version = kVersion, .receivers = receiver_names(config.receivers)};
  auto add = [](api::AgentAbout::Names& names, std::string name, std::string value) {
    if (!value.empty()) names.emplace_back(std::move(name), std::move(value));
  };
  for (const std::string& name : names_in_use(config.exporters)) {
    const std::string& endpoint = config.exporters.at(name).endpoint;
    about.exporters.emplace_back(name, endpoint);
  }
  const agent::Place& place = config.edits.place;
  add(about.place, "cloud.region", place.region);
  add(about.place, "clew.datacenter", place.datacenter);
  add(about.place, "clew.core_location", place.core_location);
  add(about.place, "clew.edge", place.edge);
  add(about.place, "clew.rack", place.rack);
  add(about.place, "host.name", place.host);
  return about;
}

/// What the page says, which changes with a reload.
class AboutNow {
 public:
  explicit AboutNow(const AgentConfig& config) : config_(config) { set_ways_out(config); }

  /// Exporters and place of `fresh`; receivers stay. One thread.
  void set_ways_out(const AgentConfig& fresh) {
    AgentConfig in_force = config_;
    in_force.exporters = fresh.exporters;
    in_force.edits = fresh.edits;
    about_ = std::make_shared<const api::AgentAbout>(about(in_force));
  }
  /// Any thread.
  api::AgentAbout get() const { return *about_.load(); }

 private:
  const AgentConfig& config_;
  std::atomic<std::shared_ptr<const api::AgentAbout>> about_;
};

/// What memory.limit comes to.
struct Memory {
  Memory(const AgentConfig& config, const agent::Exporters& exporters)
      : split(config.memory_limit),
        inflight(std::make_shared<ByteBudget>(split.inflight_bytes)),
        pressure(
            [this, &exporters] {
              return agent::Pressure::Fullness{.in_flight = inflight->fullness(),
                                               .queued = exporters.memory_fullness()};
            },
            config.lower_rates) {}

  const agent::MemorySplit split;
  const std::shared_ptr<ByteBudget> inflight;
  agent::Pressure pressure;
};

/// Leaves `made` empty if the configuration has none.
Result<void> start_sampling(const AgentConfig& config, Listeners& listeners,
                            std::unique_ptr<agent::RemoteSampling>& made) {
  if (!config.remote_sampling) return {};
  auto sampling = start_remote_sampling(*config.remote_sampling, listeners);
  if (!sampling) return std::unexpected(sampling.error());
  made = *std::move(sampling);
  return {};
}

}  // namespace

Result<void> run_agent(const AgentConfig& config) {
  take_hangups();
  limit_allocator(4);
  auto outlets = Outlets::open(config);
  if (!outlets) return std::unexpected(outlets.error());
  agent::Exporters& exporters = (*outlets)->exporters();
  Memory memory(config, exporters);
  agent::SamplingStage sampling(config.sampling, Clock::system(), &memory.pressure);
  agent::ObserveOptions observe = with_place(config.observe, config.edits.place);
  std::optional<ObservedSpans> observed;
  if (observe.is_on()) observed.emplace(observe, sampling);
  agent::Agent agent(sampling, observed ? &observed->observer : nullptr, config.edits, exporters,
                     &memory.pressure);
  std::optional<agent::MetricsFlush> flush;
  if (observed) flush.emplace(observed->observer, observe, metrics_export(observe, agent));

  net::HttpRoutes routes;
  api::add_health(routes, [&agent] {
    return agent.refuses() ? "every export queue is full: are the peers away?" : std::string();
  });
  AboutNow about_now(config);
  api::add_agent_page(routes, [&about_now] { return about_now.get(); });
  std::unique_ptr<agent::RemoteSampling> remote_sampling;
  otlp::Sink sink = [&agent, &remote_sampling, &memory](const Tenant& tenant, otlp::Batch batch,
                                                        otlp::Accepted accepted) {
    if (remote_sampling && !memory.pressure.relieve_work()) remote_sampling->observe(batch);
    agent.accept(tenant, batch, std::move(accepted));
  };
  otlp::PayloadSink payloads = [&agent](const Tenant& tenant, const otlp::Payload& payload,
                                        otlp::Accepted accepted) {
    agent.accept(tenant, payload, std::move(accepted));
  };
  Listeners status(config.common);
  Listeners receivers(config.common,
                      {.inflight = memory.inflight, .request_bytes = memory.split.request_bytes});
  AgentHealth health(config, exporters, memory.pressure);
  OpampOutlets opamp;
  // The status after the receivers: who is told that the agent is ready may send.
  auto started =
      in_order([&] { return start_sampling(config, receivers, remote_sampling); },
               [&] { return receivers.start_receivers(config.receivers, sink, payloads); },
               [&] {
                 return status.start_http("status", "--http", config.http,
                                          net::HttpErrorForm::kText, std::move(routes));
               },
               [&] { return opamp.start(config, [&health] { return health.now(); }); });
  if (!started) return started;

  wait_and_reload(
      config,
      [&](const AgentConfig& fresh) -> Result<void> {
        if (auto replaced = (*outlets)->replace(fresh); !replaced) return replaced;
        sampling.replace(fresh.sampling);
        agent.replace_edits(fresh.edits);
        about_now.set_ways_out(fresh);
        health.set_sampling(fresh.sampling);
        return {};
      },
      [&](const Result<void>& outcome) { health.reloaded(outcome); }, [&] { (*outlets)->sweep(); });
  // Half of the time for senders that are in the middle of a request, the rest for what is queued.
  ShutdownTime time(config.common.shutdown_timeout);
  receivers.stop(time.half());
  if (flush) flush->stop();
  auto left = agent.drain(time.end());
  opamp.stop(time.end());
  status.stop(time.end());
  return report_left(left);
}

}  // namespace clew
