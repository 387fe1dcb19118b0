// The writing half of the journal: groups, segments, what is done, what is dropped.
#include <algorithm>
#include <string_view>

#include "agent/journal.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread_name.h"

namespace clew::agent {
namespace {

/// How long what is done may wait for a group to be written with.
constexpr std::chrono::seconds kDonePause{1};
/// A group is acknowledged as one: more than this and the first would wait for the last.
constexpr uint64_t kGroupBytes = 4 << 20;

uint64_t frame_bytes(std::string_view label, std::string_view payload) {
  return frames::kFrameHeaderBytes + label.size() + payload.size();
}

prometheus::Counter& written_bytes() {
  static auto& counter = metrics::counter("clew_exporter_queue_written_bytes_total",
                                          "Bytes written to queues on disk");
  return counter;
}

prometheus::Histogram& sync_seconds() {
  static auto& histogram = metrics::histogram("clew_exporter_queue_sync_seconds",
                                              "How long the disk took to make a group of requests "
                                              "safe",
                                              {}, metrics::latency_bounds());
  return histogram;
}

}  // namespace

void Journal::run() {
  name_thread("clew-queue");
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kDonePause,
                     [this] { return closing_ || !queue_.empty() || !doomed_.empty(); });
      if (closing_) return;  // close() does what is left
    }
    pump();
  }
}

bool Journal::pump() {
  remove_doomed();
  Group group = take_group();
  if (!group.empty()) return write_group(std::move(group));
  {
    std::lock_guard lock(mutex_);
    if (unwritten_done_.empty()) return false;
  }
  write_done();
  return true;
}

Journal::Group Journal::take_group() {
  std::lock_guard lock(mutex_);
  Group group;
  uint64_t bytes = 0, most = std::min(segment_bytes_, kGroupBytes);
  while (!queue_.empty() && bytes < most) {
    bytes += queue_.front().record.bytes.size();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

/// True, whatever became of the group.
bool Journal::write_group(Group group) {
  Position first;
  {
    std::lock_guard lock(mutex_);
    first = next_position_;
    // Also after a failure: a frame of a refused group may have reached the disk.
    next_position_ += group.size();
  }
  bool from_memory = options_.durability == Durability::kMemory;
  std::vector<bool> taken(group.size());
  if (from_memory) taken = acknowledge(group, first);
  auto written = write_until_it_fits(group, first);
  if (written) {
    failed_at_ = 0;
    if (!from_memory) taken = acknowledge(group, first);
  } else {
    log::error("queue: {}; requests are refused until it can be written again",
               written.error().message);
    give_up_segment(first);
    failed_at_ = std::max<UnixNanos>(options_.clock->now(), 1);
    refuse(group, first, taken, written.error());
  }
  settle(group, first, taken, written.has_value());
  return true;
}

std::vector<bool> Journal::acknowledge(Group& group, Position first) {
  std::vector<bool> taken(group.size());
  for (size_t i = 0; i < group.size(); ++i) taken[i] = group[i].done(first + i);
  return taken;
}

/// The group could not be written: tells those who wait; what was acknowledged from memory and is
/// in nobody's memory any more is lost.
void Journal::refuse(Group& group, Position first, const std::vector<bool>& taken,
                     const Error& why) {
  bool from_memory = options_.durability == Durability::kMemory;
  ItemCounts lost = {};
  for (size_t i = 0; i < group.size(); ++i) {
    if (taken[i]) continue;
    const Record& record = group[i].record;
    if (from_memory)
      lost[static_cast<size_t>(record.signal)] += record.items;
    else
      group[i].done(
          std::unexpected(Error{Code::kUnavailable, why.message, std::chrono::seconds(1)}));
    std::lock_guard lock(mutex_);
    done_.add({first + i, first + i + 1});
  }
  if (lost != ItemCounts{}) options_.dropped(lost, DropReason::kWriteFailed);
}

/// Closes the books on a group: what is in nobody's memory is counted with its segment.
void Journal::settle(const Group& group, Position first, const std::vector<bool>& taken,
                     bool written) {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < group.size(); ++i) {
    const Record& record = group[i].record;
    queued_bytes_ -= frame_bytes(group[i].label, record.bytes.view());
    if (written && !taken[i])
      segments_.back().unread[static_cast<size_t>(record.signal)] += record.items;
  }
  settled_ = first + group.size();
  if (!written || good_bytes_ < segment_bytes_) return;
  file_.reset();
  segments_.back().end = settled_;
  segments_.back().open = false;
  forget_done_segments_locked({first, settled_});
}

/// Writes the group; on a full disk, if that is how to make room, in the place of the oldest.
Result<void> Journal::write_until_it_fits(const Group& group, Position first) {
  auto written = write_frames(group, first);
  while (!written && written.error().code == Code::kUnavailable &&
         options_.overflow == Overflow::kDropOldest) {
    give_up_segment(first);
    {
      std::lock_guard lock(mutex_);
      if (!drop_oldest_locked(DropReason::kDiskFull)) break;
    }
    remove_doomed();
    written = write_frames(group, first);
  }
  return written;
}

Result<void> Journal::write_frames(const Group& group, Position first) {
  if (!file_)
    if (auto opened = open_segment(first); !opened) return opened;
  PositionSet done;
  {
    std::lock_guard lock(mutex_);
    std::swap(done, unwritten_done_);
  }
  std::string done_payload = queue_format::encode_done(done);
  std::vector<std::string> headers;
  std::vector<std::string_view> parts;
  headers.reserve(group.size() + 1);
  parts.reserve(3 * (group.size() + 1));
  auto add = [&](Position position, std::string_view label, std::string_view payload) {
    headers.push_back(frames::encode_frame_header(salt_, position, label, payload));
    parts.insert(parts.end(), {headers.back(), label, payload});
  };
  if (!done.empty()) add(first, queue_format::kDoneLabel, done_payload);
  Position position = first;
  for (const Pending& pending : group) add(position++, pending.label, pending.record.bytes.view());
  if (auto written = file_->append(parts); !written) return written;
  if (options_.durability == Durability::kFsync && !group.empty()) {
    auto begin = std::chrono::steady_clock::now();
    if (auto synced = file_->sync(); !synced) return synced;
    sync_seconds().Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  written_bytes().Increment(static_cast<double>(file_->size() - good_bytes_));
  good_bytes_ = file_->size();
  std::lock_guard lock(mutex_);
  segments_.back().bytes = good_bytes_;
  settled_ = first + group.size();
  return {};
}

/// Writes what is done without a group. Not synced: it is nobody's promise.
void Journal::write_done() {
  Position next = end();
  auto written = write_frames({}, next);
  if (written) return;
  log::debug("queue: {}", written.error().message);
  give_up_segment(next);
}

Result<void> Journal::open_segment(Position first) {
  frames::SegmentName name{first, options_.random()};
  auto file = options_.disk->open_append(path_of(name));
  if (!file) return std::unexpected(file.error());
  file_ = std::move(*file);
  salt_ = name.salt;
  good_bytes_ = 0;
  std::string done;
  {
    std::lock_guard lock(mutex_);
    segments_.push_back({.name = name, .open = true, .counted = true});
    done = queue_format::encode_done(done_);
    unwritten_done_.clear();
  }
  std::string begin = frames::encode_header(queue_format::kFile, name);
  if (!done.empty())
    begin += frames::encode_frame_header(salt_, first, queue_format::kDoneLabel, done)
                 .append(queue_format::kDoneLabel)
                 .append(done);
  if (auto written = file_->append(begin); !written) return written;
  if (options_.durability == Durability::kFsync)
    return options_.disk->sync_directory(options_.directory);
  return {};
}

/// Leaves the active segment after a failure; nothing at or after `end` is in it.
void Journal::give_up_segment(Position end) {
  if (!file_) return;
  auto cut = file_->truncate(good_bytes_);
  file_.reset();
  std::unique_lock lock(mutex_);
  Segment& segment = segments_.back();
  segment.open = false;
  segment.end = end;
  if (good_bytes_ == 0) {
    doomed_.push_back({segment, {}, DropReason::kWriteFailed});
    segments_.pop_back();
  } else {
    forget_done_segments_locked({segment.name.first, end});
  }
  lock.unlock();
  // What is left behind is refused data: it is behind the segment's end and so never read.
  if (!cut) log::warn("queue: {}", cut.error().message);
  remove_doomed();
}

void Journal::remove_doomed() {
  std::vector<Doomed> doomed;
  std::shared_ptr<const ReadFile> stale;
  {
    std::lock_guard lock(mutex_);
    std::swap(doomed, doomed_);
    stale = take_stale_file_locked();
  }
  for (const Doomed& one : doomed) {
    ItemCounts lost = one.segment.counted ? one.segment.unread : count_items(one.segment, one.done);
    if (lost != ItemCounts{}) options_.dropped(lost, one.reason);
    auto removed = options_.disk->remove(path_of(one.segment.name));
    if (!removed) log::warn("queue: {}", removed.error().message);
  }
}

/// The items of what is not in `done`, by reading the segment; nothing if it cannot be read.
ItemCounts Journal::count_items(const Segment& segment, const PositionSet& done) const {
  ItemCounts counts = {};
  auto file = options_.disk->open_read(path_of(segment.name));
  if (!file) return counts;
  auto content = (*file)->read(0, segment.bytes);
  if (!content) return counts;
  frames::FrameReader reader(*content, segment.name.salt);
  while (auto frame = reader.next()) {
    auto record = queue_format::decode_record(*frame);
    if (record && !done.contains(frame->position))
      counts[static_cast<size_t>(record->signal)] += record->items;
  }
  return counts;
}

void Journal::close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (Group group = take_group(); !group.empty(); group = take_group())
    write_group(std::move(group));
  std::unique_lock lock(mutex_);
  bool all_done = done_.contains(PositionRange{
      segments_.empty() ? next_position_ : segments_.front().name.first, next_position_});
  if (all_done && file_) {
    file_.reset();
    segments_.back().open = false;
    segments_.back().end = next_position_;
    forget_done_segments_locked({segments_.back().name.first, next_position_});
  }
  bool write = !all_done && !unwritten_done_.empty();
  lock.unlock();
  if (write) write_done();
  remove_doomed();
  file_.reset();
  directory_lock_.reset();
}

}  // namespace clew::agent
