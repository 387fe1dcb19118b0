#include "main/agent_health.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "main/receiver_names.h"
#include "main/terminal.h"

namespace clew {
namespace {

using opamp::ComponentHealth;

std::string sampling_text(const std::optional<agent::SamplingConfig>& sampling) {
  if (!sampling) return "keeps every trace";
  std::string text = fmt::format("keeps {} % of traces", std::min(sampling->percentage, 100.0));
  if (size_t rules = sampling->rules.size(); rules > 0)
    text +=
        fmt::format(", and of those that {} {} fit{} what {}", rules, rules == 1 ? "rule" : "rules",
                    rules == 1 ? "s" : "", rules == 1 ? "it says" : "they say");
  if (sampling->rate_limiting)
    text += fmt::format("; at most {} spans/s", sampling->rate_limiting->spans_per_second);
  return text;
}

ComponentHealth health_of(const agent::ExporterStatus& status, UnixNanos started) {
  ComponentHealth health{.healthy = !status.refuses && !status.failing_since,
                         .started = started,
                         .status_time = status.failing_since.value_or(started)};
  health.status =
      fmt::format("{} of {} queued {}", bytes_text(status.queued_bytes),
                  bytes_text(status.max_bytes), status.on_disk ? "on disk" : "in memory");
  if (status.refuses) health.last_error = "the queue is full, so spans are refused";
  if (status.failing_since)
    health.last_error += (health.last_error.empty() ? "" : ": ") + status.last_error;
  return health;
}

/// Makes a part of parts: healthy if they are, with what is wrong with them.
void sum_up(ComponentHealth& whole) {
  whole.healthy = true;
  whole.last_error.clear();
  for (const auto& [name, part] : whole.parts) {
    if (part.healthy) continue;
    whole.healthy = false;
    whole.last_error +=
        fmt::format("{}{}: {}", whole.last_error.empty() ? "" : "; ", name, part.last_error);
  }
}

}  // namespace

AgentHealth::AgentHealth(const AgentConfig& config, const agent::Exporters& exporters,
                         agent::Pressure& pressure)
    : started_(Clock::system().now()),
      receivers_(receiver_names(config.receivers)),
      exporters_(exporters),
      pressure_(pressure),
      sampling_(sampling_text(config.sampling)) {}

void AgentHealth::reloaded(const Result<void>& outcome) {
  std::lock_guard lock(mutex_);
  reload_error_ = outcome ? "" : outcome.error().message;
}

void AgentHealth::set_sampling(const std::optional<agent::SamplingConfig>& sampling) {
  std::lock_guard lock(mutex_);
  sampling_ = sampling_text(sampling);
}

ComponentHealth AgentHealth::now() {
  ComponentHealth whole = part("runs");
  whole.parts = {{"receivers", receivers()}, {"exporters", exporters()}, {"memory", memory()}};
  {
    std::lock_guard lock(mutex_);
    whole.parts.emplace_back("sampling", part(sampling_));
    whole.parts.emplace_back(
        "configuration",
        part(reload_error_.empty() ? "in force" : "as before the last change", reload_error_));
  }
  sum_up(whole);
  return whole;
}

ComponentHealth AgentHealth::receivers() const {
  ComponentHealth all = part("");
  for (const auto& [name, address] : receivers_)
    all.parts.emplace_back(name, part("at " + address));
  sum_up(all);
  if (exporters_.refuses()) {
    all.healthy = false;
    all.last_error = "requests are refused: every export queue is full";
  }
  return all;
}

ComponentHealth AgentHealth::exporters() const {
  ComponentHealth all = part("");
  for (const auto& [name, status] : exporters_.status())
    all.parts.emplace_back(name, health_of(status, started_));
  sum_up(all);
  return all;
}

ComponentHealth AgentHealth::memory() {
  pressure_.observe();  // else nobody sees that it has fallen while nothing comes
  double share = pressure_.share();
  if (share < 1)
    return part("nearly full", fmt::format("memory is nearly full: of the traces that sampling "
                                           "keeps 1 in {} goes on",
                                           std::lround(1 / share)));
  return part(pressure_.relieve_work() ? "more than half full" : "enough is free");
}

ComponentHealth AgentHealth::part(std::string status, std::string error) const {
  return {.healthy = error.empty(),
          .started = started_,
          .last_error = std::move(error),
          .status = std::move(status),
          .status_time = started_};
}

}  // namespace clew
