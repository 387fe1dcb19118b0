#include "main/agent_reload.h"

#include <fmt/ranges.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "main/signals.h"

namespace clew {
namespace {

constexpr std::chrono::milliseconds kLookAgain{1000};

/// What tells that a file is another one. All zero while it cannot be looked at, as in the middle
/// of being replaced.
struct FileState {
  int64_t changed = 0;  // as the file system counts
  uintmax_t size = 0;

  bool operator==(const FileState&) const = default;
};

FileState state_of(const std::string& path) {
  std::error_code error;
  auto time = std::filesystem::last_write_time(path, error);
  if (error) return {};
  uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return {};
  return {static_cast<int64_t>(time.time_since_epoch().count()), size};
}

/// Keys of settings that differ and that are not taken over. Those that are sections of the file
/// only (span_metrics, service_graph, remote_sampling, receivers.kafka, extensions) cannot be
/// compared.
std::vector<std::string> waiting_for_restart(AgentConfig before, AgentConfig now) {
  auto taken_over = [](std::string_view key) {
    return key.starts_with("exporters.") || key.starts_with("place.") || key == "normalize";
  };
  std::vector<std::string> keys;
  Settings old_settings = settings_of(before), new_settings = settings_of(now);
  for (size_t i = 0; i < old_settings.size(); ++i)
    if (old_settings[i].default_text != new_settings[i].default_text &&
        !taken_over(old_settings[i].key))
      keys.push_back(old_settings[i].key);
  return keys;
}

Result<void> reload(const AgentConfig& config, const TakeOver& take_over) {
  AgentConfig fresh;
  if (auto read = config.read_again(fresh); !read) return read;
  if (auto taken = take_over(fresh); !taken) return taken;
  log::info("the exporters, routing, sampling, place, normalize and attributes are now as in {}",
            config.file);
  if (auto keys = waiting_for_restart(config, fresh); !keys.empty())
    log::warn("restart to apply what else has changed: {}", fmt::join(keys, ", "));
  return {};
}

/// What a reload came to, where people and Prometheus see it.
void tell(const Result<void>& reloaded) {
  if (!reloaded) log::error("the configuration stays as it was: {}", reloaded.error().message);
  metrics::gauge("clew_config_last_reload_successful", "1: the last reload was taken over")
      .Set(reloaded ? 1 : 0);
  if (reloaded)
    metrics::gauge("clew_config_last_reload_success_timestamp_seconds",
                   "When a reload was last taken over")
        .SetToCurrentTime();
  metrics::counter("clew_config_reloads_total", "Reloads of the configuration",
                   {{"outcome", reloaded ? "success" : "failed"}})
      .Increment();
}

}  // namespace

void wait_and_reload(const AgentConfig& config, const TakeOver& take_over,
                     const std::function<void(const Result<void>&)>& reloaded,
                     const std::function<void()>& every_second) {
  FileState seen = state_of(config.file);
  while (true) {
    Wake wake = wait_for_wake(kLookAgain);
    if (wake == Wake::kStop) return;
    every_second();
    if (config.file.empty()) continue;
    FileState now = state_of(config.file);
    bool changed = now != FileState() && now != seen;
    if (!changed && wake != Wake::kHangup) continue;
    seen = now;
    Result<void> outcome = reload(config, take_over);
    tell(outcome);
    reloaded(outcome);
  }
}

}  // namespace clew
