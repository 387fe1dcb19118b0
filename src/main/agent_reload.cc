#include "main/agent_reload.h"

#include <chrono>
#include <filesystem>
#include <string>

#include "base/log.h"
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

void reload(const AgentConfig& config, agent::SamplingStage& sampling, agent::Agent& agent) {
  AgentConfig fresh;
  if (auto read = config.read_again(fresh); !read) {
    log::error("the configuration stays as it was: {}", read.error().message);
    return;
  }
  sampling.replace(fresh.sampling);
  agent.replace_edits(fresh.edits);
  log::info(
      "sampling, place, normalize and attributes are now as in {}; other settings change with a "
      "restart",
      config.file);
}

}  // namespace

void wait_and_reload(const AgentConfig& config, agent::SamplingStage& sampling,
                     agent::Agent& agent) {
  FileState seen = state_of(config.file);
  while (true) {
    Wake wake = wait_for_wake(kLookAgain);
    if (wake == Wake::kStop) return;
    if (config.file.empty()) continue;
    FileState now = state_of(config.file);
    bool changed = now != FileState() && now != seen;
    if (!changed && wake != Wake::kHangup) continue;
    seen = now;
    reload(config, sampling, agent);
  }
}

}  // namespace clew
