#include "agent/journal.h"

#include <algorithm>
#include <random>

#include "base/log.h"

namespace clew::agent {
namespace {

constexpr UnixNanos kRetryAfterNanos = 1'000'000'000;
/// A segment is read and dropped as a whole, so it is a small part of the bound.
constexpr uint64_t kLargestSegment = 8 << 20, kSegmentsPerQueue = 16;

uint64_t system_random() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

std::unexpected<Error> unavailable(std::string_view why) {
  Error error{Code::kUnavailable, fmt::format("the queue on disk takes nothing: {}", why)};
  error.retry_after = std::chrono::seconds(1);
  return std::unexpected(std::move(error));
}

}  // namespace

Journal::Journal(JournalOptions options)
    : options_(std::move(options)),
      segment_bytes_(
          std::clamp<uint64_t>(options_.max_bytes / kSegmentsPerQueue, 1, kLargestSegment)) {
  if (!options_.random) options_.random = system_random;
}

Result<std::unique_ptr<Journal>> Journal::open(JournalOptions options) {
  std::unique_ptr<Journal> journal(new Journal(std::move(options)));
  const JournalOptions& opts = journal->options_;
  auto ready = in_order([&] { return opts.disk->create_directories(opts.directory); },
                        [&]() -> Result<void> {
                          auto lock = opts.disk->lock_directory(opts.directory);
                          if (!lock) return std::unexpected(lock.error());
                          journal->directory_lock_ = *std::move(lock);
                          return {};
                        },
                        [&] { return journal->look_at_directory(); });
  if (!ready) return std::unexpected(ready.error());
  if (opts.threads) journal->thread_ = std::thread([raw = journal.get()] { raw->run(); });
  return journal;
}

Journal::~Journal() {
  close();
}

std::string Journal::path_of(const frames::SegmentName& name) const {
  return options_.directory + "/" + frames::format_name(name);
}

Result<void> Journal::look_at_directory() {
  auto names = options_.disk->list(options_.directory);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    auto parsed = frames::parse_name(name);
    if (!parsed) continue;
    auto file = options_.disk->open_read(path_of(*parsed));
    if (!file) return std::unexpected(file.error());
    auto header = (*file)->read(0, std::min<uint64_t>((*file)->size(), frames::kHeaderBytes));
    if (!header) return std::unexpected(header.error());
    auto state = frames::check_header(queue_format::kFile, *header, parsed->salt);
    if (state == frames::HeaderState::kOtherVersion)
      return fail(Code::kUnsupported, "{} was written by another version of clew",
                  path_of(*parsed));
    segments_.push_back({.name = *parsed, .bytes = (*file)->size()});
  }
  if (segments_.empty()) return {};
  // What is done stands in the last segment; the one before it counts if that one was being born.
  size_t looked_at = std::min<size_t>(segments_.size(), 2);
  for (size_t i = segments_.size() - looked_at; i < segments_.size(); ++i)
    if (auto recovered = recover_last(segments_[i]); !recovered) return recovered;
  const Segment& last = segments_.back();
  // More records than frame headers fit were not in it, whatever is damaged.
  next_position_ =
      std::max(done_.end(), last.name.first) + last.bytes / frames::kFrameHeaderBytes + 1;
  settled_ = next_position_;
  for (size_t i = 0; i < segments_.size(); ++i)
    segments_[i].end = i + 1 < segments_.size() ? segments_[i + 1].name.first : next_position_;
  forget_done_segments_locked({0, next_position_});
  remove_doomed();
  log::info("queue: {} bytes in {} wait from before", used_locked(), options_.directory);
  return {};
}

/// Learns what is done, and cuts off what was being written when the process or the machine
/// stopped: nobody was told that it is safe, and it must not be taken for damage later.
Result<void> Journal::recover_last(const Segment& segment) {
  std::string path = path_of(segment.name);
  auto file = options_.disk->open_read(path);
  if (!file) return std::unexpected(file.error());
  auto content = (*file)->read(0, segment.bytes);
  if (!content) return std::unexpected(content.error());
  frames::FrameReader reader(*content, segment.name.salt);
  while (auto frame = reader.next()) queue_format::decode_done(*frame, done_);
  uint64_t whole = reader.whole_bytes();
  if (whole == segment.bytes || segment.name.first != segments_.back().name.first) return {};
  log::info("queue: {}: the unfinished last {} bytes are cut off", path, segment.bytes - whole);
  auto cut = [&]() -> Result<void> {
    auto out = options_.disk->open_append(path);
    if (!out) return std::unexpected(out.error());
    if (auto done = (*out)->truncate(whole); !done) return done;
    return (*out)->sync();
  }();
  if (!cut) log::warn("queue: {}", cut.error().message);
  if (cut) segments_.back().bytes = whole;
  return {};
}

void Journal::append(Record record, Appended done) {
  Pending pending{.record = std::move(record), .label = {}, .done = std::move(done)};
  pending.label = queue_format::label_of(pending.record);
  auto added = add(pending);
  if (!added) pending.done(std::unexpected(std::move(added.error())));
}

/// Moves `pending` into the queue, if it may stand there.
Result<void> Journal::add(Pending& pending) {
  size_t payload_bytes = pending.record.bytes.size();
  uint64_t bytes = frames::kFrameHeaderBytes + pending.label.size() + payload_bytes;
  if (bytes + segment_bytes_ > options_.max_bytes || payload_bytes > limits::kDecompressedBytes)
    return fail(Code::kTooLarge, "a request of {} bytes does not fit a queue of {}", payload_bytes,
                options_.max_bytes);
  if (refuses()) return unavailable("the last write failed");
  std::lock_guard lock(mutex_);
  if (closing_) return unavailable("the agent is shutting down");
  if (!room_for_locked(bytes))
    return unavailable(fmt::format("it is full ({} bytes)", options_.max_bytes));
  queued_bytes_ += bytes;
  queue_.push_back(std::move(pending));
  wake_.notify_one();
  return {};
}

bool Journal::refuses() const {
  UnixNanos failed_at = failed_at_, now = options_.clock->now();
  // A clock that was set back must not prolong the refusal.
  return failed_at != 0 && now >= failed_at && now - failed_at < kRetryAfterNanos;
}

/// Whether `bytes` more fit, after dropping the oldest if that is what to do.
bool Journal::room_for_locked(uint64_t bytes) {
  while (used_locked() + queued_bytes_ + bytes > options_.max_bytes) {
    if (options_.overflow != Overflow::kDropOldest) return false;
    if (!drop_oldest_locked(DropReason::kOverflow)) return false;
  }
  return true;
}

/// False if there is nothing but the segment that is being written.
bool Journal::drop_oldest_locked(DropReason reason) {
  if (segments_.empty() || segments_.front().open) return false;
  Segment segment = segments_.front();
  PositionRange range = range_locked(0);
  PositionSet not_ours = done_.within(range);
  not_ours.add({range.begin, std::min(read_until_, range.end)});
  doomed_.push_back({segment, std::move(not_ours), reason});
  segments_.erase(segments_.begin());
  done_.add(range);
  unwritten_done_.add(range);
  wake_.notify_one();
  return true;
}

uint64_t Journal::used_locked() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.bytes;
  return bytes;
}

PositionRange Journal::range_locked(size_t index) const {
  const Segment& segment = segments_[index];
  return {segment.name.first, segment.open ? next_position_ : segment.end};
}

/// Of the segment that a position stands in, or of the first one after it; size() if there is none.
size_t Journal::index_locked(Position position) const {
  auto after = std::ranges::upper_bound(segments_, position, {},
                                        [](const Segment& segment) { return segment.name.first; });
  auto index = static_cast<size_t>(after - segments_.begin());
  return index > 0 && position < range_locked(index - 1).end ? index - 1 : index;
}

void Journal::done(PositionRange range) {
  std::lock_guard lock(mutex_);
  if (done_.contains(range)) return;
  done_.add(range);
  unwritten_done_.add(range);
  forget_done_segments_locked(range);
}

/// Segments are few in a range, so this is cheap. Those without a position count as done.
void Journal::forget_done_segments_locked(PositionRange range) {
  auto at = std::ranges::lower_bound(segments_, range.begin, {},
                                     [](const Segment& segment) { return segment.name.first; });
  auto i = static_cast<size_t>(at - segments_.begin());
  for (i -= i > 0 ? 1 : 0; i < segments_.size();) {
    if (segments_[i].name.first > range.end) return;
    if (segments_[i].open || !done_.contains(range_locked(i))) {
      ++i;
      continue;
    }
    Segment gone = segments_[i];
    gone.counted = true;  // with nothing in it
    gone.unread = {};
    doomed_.push_back({gone, {}, DropReason::kOverflow});
    segments_.erase(segments_.begin() + static_cast<ptrdiff_t>(i));
    wake_.notify_one();
  }
}

bool Journal::holds(Position position) const {
  std::lock_guard lock(mutex_);
  return !done_.contains(position);
}

Position Journal::begin() const {
  std::lock_guard lock(mutex_);
  return segments_.empty() ? next_position_ : segments_.front().name.first;
}

Position Journal::end() const {
  std::lock_guard lock(mutex_);
  return next_position_;
}

uint64_t Journal::size_bytes() const {
  std::lock_guard lock(mutex_);
  return used_locked() + queued_bytes_;
}

}  // namespace clew::agent
