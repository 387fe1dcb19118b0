// The reading half of the journal: what is not done, in order, a piece of a file at a time.
#include <algorithm>
#include <utility>

#include "agent/journal.h"
#include "base/log.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

/// How much of a file is read at once; a larger record makes it grow.
constexpr size_t kPieceBytes = 1 << 20;

prometheus::Counter& read_bytes() {
  static auto& counter = metrics::counter("clew_exporter_queue_read_bytes_total",
                                          "Bytes read back from queues on disk");
  return counter;
}

}  // namespace

Journal::Reading Journal::read(Position from, Position until, size_t bytes) {
  Reading reading{.records = {}, .next = from};
  {
    std::lock_guard lock(mutex_);
    until = std::min(until, settled_);
    reading_ = true;
  }
  size_t bytes_left = bytes;
  while (reading.next < until && (bytes_left > 0 || reading.records.empty())) {
    auto place = place_of(reading.next);
    if (!place || place->range.begin >= until) {
      pass_over(reading, until);
    } else {
      pass_over(reading, place->range.begin);
      if (!read_from(*place, until, bytes_left, reading)) break;
    }
  }
  std::shared_ptr<const ReadFile> stale;  // let go without the mutex
  std::lock_guard lock(mutex_);
  read_until_ = std::max(read_until_, reading.next);
  reading_ = false;
  stale = take_stale_file_locked();
  return reading;
}

/// The file of the cursor if its segment is gone: as long as it is open the disk keeps its space,
/// and on a full disk nothing would ever come that moves the cursor on.
std::shared_ptr<const ReadFile> Journal::take_stale_file_locked() {
  if (reading_) return nullptr;
  auto found = std::ranges::find(segments_, cursor_.name, &Segment::name);
  if (found != segments_.end()) return nullptr;
  return std::exchange(cursor_.file, nullptr);
}

/// The segment that `position` stands in, or the first one behind it.
std::optional<Journal::Place> Journal::place_of(Position position) const {
  std::lock_guard lock(mutex_);
  size_t index = index_locked(position);
  if (index == segments_.size()) return std::nullopt;
  return Place{segments_[index], range_locked(index)};
}

/// Nothing will be found before `to` any more.
void Journal::pass_over(Reading& reading, Position to) {
  if (reading.next >= to) return;
  done({reading.next, to});
  reading.next = to;
}

/// Reads on in one segment. False if what is next cannot be read yet.
bool Journal::read_from(const Place& place, Position until, size_t& bytes_left, Reading& reading) {
  const Segment& segment = place.segment;
  if (segment.unreadable) {
    reading.next = place.range.end;
    return true;
  }
  if (auto ready = seek(segment, reading.next); !ready) return mark(place, ready.error()), true;
  size_t size = kPieceBytes;
  while (cursor_.offset < segment.bytes) {
    auto whole = read_piece(place, size, until, bytes_left, reading);
    if (!whole) return mark(place, whole.error()), true;
    cursor_.offset += *whole;
    cursor_.next = reading.next;
    if (reading.next >= until) return true;
    if (bytes_left == 0 && !reading.records.empty()) return true;
    if (*whole > 0) continue;
    // Nothing whole in it: a record that is larger, or damage up to the end.
    if (size >= segment.bytes - cursor_.offset) break;
    size *= 2;
  }
  if (segment.open) return false;
  if (cursor_.offset < segment.bytes) options_.damaged(1);
  pass_over(reading, place.range.end);
  return true;
}

/// Makes the cursor stand before `position` with a file as long as the segment is by now.
Result<void> Journal::seek(const Segment& segment, Position position) {
  bool same = cursor_.file && cursor_.name == segment.name && cursor_.next <= position;
  if (same && cursor_.file->size() >= segment.bytes) return {};
  auto file = options_.disk->open_read(path_of(segment.name));
  if (!file) return std::unexpected(file.error());
  if (!same) cursor_ = {segment.name, nullptr, frames::kHeaderBytes, segment.name.first};
  cursor_.file = *std::move(file);
  return {};
}

/// The disk cannot read it: what is left of it waits for another disk, or another day.
void Journal::mark(const Place& place, const Error& why) {
  {
    std::lock_guard lock(mutex_);
    size_t index = index_locked(place.range.begin);
    // Meanwhile it may have been dropped: then there is nothing to complain about.
    if (index == segments_.size() || segments_[index].name != place.segment.name) return;
    segments_[index].unreadable = true;
  }
  log::error("queue: {}; what is left of {} is passed over until the next start", why.message,
             path_of(place.segment.name));
  options_.damaged(1);
}

/// Reads a piece of the file and takes the whole frames in it. How far they reach.
Result<uint64_t> Journal::read_piece(const Place& place, size_t size, Position until,
                                     size_t& bytes_left, Reading& reading) {
  size = std::min<uint64_t>(size, place.segment.bytes - cursor_.offset);
  auto content = cursor_.file->read(cursor_.offset, size);
  if (!content) return std::unexpected(content.error());
  read_bytes().Increment(static_cast<double>(size));
  frames::FrameReader reader(*content, place.segment.name.salt, 0);
  uint64_t whole = 0;
  while (reading.next < until && (bytes_left > 0 || reading.records.empty())) {
    auto frame = reader.next();
    if (!frame) break;
    auto record = queue_format::decode_record(*frame);
    // Of another kind, read before, or left behind by a write that was refused.
    bool ours = record && frame->position >= reading.next && frame->position < place.range.end;
    if (ours) pass_over(reading, std::min(frame->position, until));
    if (ours && frame->position >= until) break;
    if (ours) take(frame->position, *std::move(record), bytes_left, reading);
    whole = reader.whole_bytes();
  }
  if (reader.damaged() > 0) {
    log::error("queue: {}: {} damaged places were passed over; the requests in them are lost",
               path_of(place.segment.name), reader.damaged());
    options_.damaged(reader.damaged());
  }
  return whole;
}

void Journal::take(Position position, Record record, size_t& bytes_left, Reading& reading) {
  reading.next = position + 1;
  std::lock_guard lock(mutex_);
  if (done_.contains(position)) return;
  if (size_t index = index_locked(position); index < segments_.size()) {
    uint64_t& unread = segments_[index].unread[static_cast<size_t>(record.signal)];
    unread -= std::min<uint64_t>(unread, record.items);
  }
  bytes_left -= std::min(bytes_left, record.bytes.size());
  // Its own bytes, so that one record that is not delivered keeps no piece of a file in memory.
  record.bytes = SharedBytes::copy(record.bytes.view());
  reading.records.push_back({position, std::move(record)});
}

}  // namespace clew::agent
