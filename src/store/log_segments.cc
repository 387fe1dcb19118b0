#include "store/log_segments.h"

#include <algorithm>
#include <random>

#include "base/log.h"
#include "base/thread_name.h"
#include "store/metrics.h"

namespace clew::store {
namespace {

constexpr UnixNanos kRetryAfterNanos = 1'000'000'000;

uint64_t system_random() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

std::unexpected<Error> unavailable(std::string_view why) {
  Error error{Code::kUnavailable, fmt::format("the log cannot be written: {}", why)};
  error.retry_after = std::chrono::milliseconds(kRetryAfterNanos / 1'000'000);
  return std::unexpected(std::move(error));
}

}  // namespace

Result<std::unique_ptr<LogSegments>> LogSegments::open(LogSegmentsOptions options) {
  if (!options.random) options.random = system_random;
  std::unique_ptr<LogSegments> log(new LogSegments(std::move(options)));
  const auto& opts = log->options_;
  if (auto made = opts.disk->create_directories(opts.directory); !made)
    return std::unexpected(made.error());
  auto names = opts.disk->list(opts.directory);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    auto parsed = frames::parse_name(name);
    if (!parsed) continue;
    auto file = opts.disk->open_read(log->path_of(*parsed));
    if (!file) return std::unexpected(file.error());
    log->segments_.push_back({*parsed, (*file)->size()});
  }
  log->next_position_ = opts.first_position;
  if (!log->segments_.empty())
    log->next_position_ = std::max(log->next_position_, log->segments_.back().name.first);
  return log;
}

LogSegments::~LogSegments() {
  close();
}

std::string LogSegments::path_of(const frames::SegmentName& name) const {
  return options_.directory + "/" + frames::format_name(name);
}

void LogSegments::append(const Tenant& tenant, SharedBytes payload, Appended done) {
  if (payload.size() > limits::kDecompressedBytes)
    return done(fail(Code::kTooLarge, "a request of {} bytes", payload.size()));
  if (refuses()) return done(unavailable("the last write failed"));
  {
    std::lock_guard lock(mutex_);
    if (!closing_) {
      queue_.push_back({tenant, std::move(payload), std::move(done)});
      // Started by the first append, since replay() comes before it.
      if (options_.threads && !thread_.joinable()) thread_ = std::thread([this] { run(); });
      wake_.notify_one();
      return;
    }
  }
  done(fail(Code::kUnavailable, "the store is shutting down"));
}

bool LogSegments::refuses() const {
  UnixNanos failed_at = failed_at_, now = options_.clock->now();
  // A clock that was set back must not prolong the refusal.
  return failed_at != 0 && now >= failed_at && now - failed_at < kRetryAfterNanos;
}

void LogSegments::run() {
  name_thread("clew-log");
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
    }
    write_group(take_group());
  }
}

bool LogSegments::pump() {
  Group group = take_group();
  if (group.empty()) return false;
  write_group(std::move(group));
  return true;
}

LogSegments::Group LogSegments::take_group() {
  std::lock_guard lock(mutex_);
  Group group;
  uint64_t bytes = 0;
  while (!queue_.empty() && bytes < options_.segment_bytes) {
    bytes += queue_.front().payload.size();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void LogSegments::write_group(Group group) {
  LogPosition first = next_position_;
  // Also after a failure: a frame of a refused group may have reached the disk under its position.
  next_position_ += group.size();
  auto acknowledge = [&] {
    for (size_t i = 0; i < group.size(); ++i) group[i].done(first + i);
  };
  bool from_memory = options_.durability == Durability::kMemory;
  if (from_memory) acknowledge();

  auto written = write_frames(group, first);
  if (written) {
    failed_at_ = 0;
    if (!from_memory) acknowledge();
    return;
  }
  Metrics::get().log_errors.Increment();
  log::error("log: {}; appends are refused until it can be written again", written.error().message);
  give_up_segment();
  failed_at_ = std::max<UnixNanos>(options_.clock->now(), 1);
  if (from_memory)
    Metrics::get().lost_records.Increment(static_cast<double>(group.size()));
  else
    for (Pending& pending : group) pending.done(unavailable(written.error().message));
}

Result<void> LogSegments::write_frames(const Group& group, LogPosition first) {
  if (file_ && good_bytes_ >= options_.segment_bytes) file_.reset();
  if (!file_)
    if (auto opened = open_segment(first); !opened) return opened;

  std::vector<std::string> headers;
  std::vector<std::string_view> parts;
  headers.reserve(group.size());
  parts.reserve(3 * group.size());
  LogPosition position = first;
  for (const Pending& pending : group) {
    std::string_view tenant = pending.tenant.name(), payload = pending.payload.view();
    headers.push_back(frames::encode_frame_header(salt_, position++, tenant, payload));
    parts.insert(parts.end(), {headers.back(), tenant, payload});
  }
  if (auto written = file_->append(parts); !written) return written;
  if (options_.durability == Durability::kFsync)
    if (auto synced = sync_file(); !synced) return synced;
  Metrics::get().log_bytes.Increment(static_cast<double>(file_->size() - good_bytes_));
  good_bytes_ = file_->size();
  std::lock_guard lock(mutex_);
  segments_.back().bytes = good_bytes_;
  return {};
}

Result<void> LogSegments::sync_file() {
  auto begin = std::chrono::steady_clock::now();
  auto synced = file_->sync();
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  Metrics::get().log_sync_seconds.Observe(took.count());
  return synced;
}

Result<void> LogSegments::open_segment(LogPosition first) {
  frames::SegmentName name{first, options_.random()};
  auto file = options_.disk->open_append(path_of(name));
  if (!file) return std::unexpected(file.error());
  file_ = std::move(*file);
  salt_ = name.salt;
  good_bytes_ = 0;
  {
    std::lock_guard lock(mutex_);
    segments_.push_back({name, 0});
  }
  if (auto written = file_->append(frames::encode_header(kLogFile, name)); !written) return written;
  if (options_.durability == Durability::kFsync)
    return options_.disk->sync_directory(options_.directory);
  return {};
}

void LogSegments::give_up_segment() {
  if (!file_) return;
  auto cut = file_->truncate(good_bytes_);
  file_.reset();
  std::unique_lock lock(mutex_);
  Segment segment = segments_.back();
  if (good_bytes_ == 0) segments_.pop_back();
  lock.unlock();
  if (good_bytes_ == 0) cut = options_.disk->remove(path_of(segment.name));
  // What is left behind is refused data: replay may find it, and drops it if it is no whole frame.
  if (!cut) log::warn("log: {}", cut.error().message);
}

uint64_t LogSegments::size_bytes() const {
  std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.bytes;
  return bytes;
}

Result<void> LogSegments::truncate(LogPosition before) {
  std::vector<Segment> gone;
  {
    std::lock_guard lock(mutex_);
    // A segment holds nothing at or after the first position of the next one. The last one stays.
    size_t count = 0;
    while (count + 1 < segments_.size() && segments_[count + 1].name.first <= before) ++count;
    gone.assign(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(count));
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(count));
  }
  Result<void> result;
  for (const Segment& segment : gone)
    if (auto removed = options_.disk->remove(path_of(segment.name)); !removed) result = removed;
  return result;
}

void LogSegments::close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  while (pump()) {
  }
  file_.reset();
}

}  // namespace clew::store
