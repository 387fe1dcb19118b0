#include "agent/remote/remote_sampling.h"

#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

constexpr UnixNanos kLookInterval = 1'000'000'000;

Result<std::string> read_whole(Disk& disk, const std::string& path) {
  auto file = disk.open_read(path);
  if (!file) return std::unexpected(file.error());
  if ((*file)->size() > limits::kStrategiesFileBytes) {
    metrics::count_limit_hit("strategies_file_bytes");
    return fail(Code::kTooLarge, "{} has {} bytes, at most {}", path, (*file)->size(),
                limits::kStrategiesFileBytes);
  }
  return (*file)->read(0, (*file)->size());
}

}  // namespace

RemoteSampling::RemoteSampling(RemoteSamplingOptions options, Disk& disk, const Clock& clock)
    : options_(std::move(options)), disk_(disk), clock_(clock), looked_(clock.now()) {
  if (options_.adaptive) adaptive_.emplace(*options_.adaptive, clock_);
}

Result<std::unique_ptr<RemoteSampling>> RemoteSampling::open(RemoteSamplingOptions options,
                                                             Disk& disk, const Clock& clock) {
  std::unique_ptr<RemoteSampling> sampling(new RemoteSampling(std::move(options), disk, clock));
  if (auto read = sampling->read_file_locked(); !read) return std::unexpected(read.error());
  return sampling;
}

Result<void> RemoteSampling::read_file_locked() {
  if (options_.strategies_file.empty()) return {};
  auto text = read_whole(disk_, options_.strategies_file);
  if (!text) return std::unexpected(text.error());
  unreadable_ = false;
  if (*text == file_text_) return {};
  file_text_ = *std::move(text);
  auto file = StrategiesFile::parse(file_text_);
  if (!file) return fail(Code::kInvalid, "{}: {}", options_.strategies_file, file.error().message);
  file_ = *std::move(file);
  log::info("remote sampling: {} has strategies of {} services", options_.strategies_file,
            file_.services.size());
  return {};
}

void RemoteSampling::look_for_changes_locked() {
  UnixNanos now = clock_.now();
  if (now >= looked_ && now - looked_ < kLookInterval) return;
  looked_ = now;
  auto read = read_file_locked();
  if (read) return;
  // Of a file that is gone or wrong it is enough to tell once.
  bool is_new = read.error().code == Code::kInvalid || !std::exchange(unreadable_, true);
  if (is_new) log::error("remote sampling: {}; the strategies stay", read.error().message);
}

SamplingStrategy RemoteSampling::strategy_of(std::string_view service) {
  std::lock_guard lock(mutex_);
  look_for_changes_locked();
  if (auto at = file_.services.find(service); at != file_.services.end()) return at->second;
  return adaptive_ ? adaptive_->strategy_of(service) : file_.fallback;
}

}  // namespace clew::agent
