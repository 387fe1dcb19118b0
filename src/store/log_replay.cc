// Reading the segments back: the part of LogSegments that runs before the first append.
#include <algorithm>

#include "base/log.h"
#include "store/log_segment_read.h"
#include "store/log_segments.h"
#include "store/metrics.h"

namespace clew::store {

Result<void> LogSegments::replay(LogPosition from, const Visitor& visit) {
  // A copy: the visitor may make room in memory by a flush, which truncates the log.
  const std::vector<Segment> segments = segments_;
  for (size_t i = 0; i < segments.size(); ++i) {
    bool last = i + 1 == segments.size();
    // Everything in a segment lies before the first position of the next one.
    if (!last && segments[i + 1].name.first <= from) continue;
    auto kept = replay_segment(segments[i], last, from, visit);
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) segments_.pop_back();
  }
  return {};
}

/// False if the segment, the last one, held nothing and was removed.
Result<bool> LogSegments::replay_segment(const Segment& segment, bool last, LogPosition from,
                                         const Visitor& visit) {
  std::string path = path_of(segment.name);
  auto file = options_.disk->open_read(path);
  if (!file) return std::unexpected(file.error());
  auto report = read_segment(**file, path, segment.name, last, from, visit);
  if (!report) return std::unexpected(report.error());
  next_position_ = std::max(next_position_, report->end);
  if (report->damaged > 0) {
    log::error("log: {}: {} damaged places were passed over; the records in them are lost", path,
               report->damaged);
    Metrics::get().damaged_sections.Increment(static_cast<double>(report->damaged));
    damaged_ += report->damaged;
  }
  if (report->unborn) {
    // The next segment gets another name even if this one should stay or come back.
    next_position_ = std::max(next_position_, segment.name.first + 1);
    if (auto removed = options_.disk->remove(path); !removed)
      log::warn("log: {}", removed.error().message);
    return false;
  }
  if (last && report->torn) cut_tail(report->whole_bytes);
  return true;
}

/// The end of the last segment is what was being written when the process or the machine stopped:
/// nobody was told that it is safe. It is cut off, so that it is not taken for damage later.
void LogSegments::cut_tail(uint64_t whole_bytes) {
  Segment& segment = segments_.back();
  std::string path = path_of(segment.name);
  log::info("log: {}: the unfinished last {} bytes are cut off", path, segment.bytes - whole_bytes);
  auto cut = [&]() -> Result<void> {
    auto file = options_.disk->open_append(path);
    if (!file) return std::unexpected(file.error());
    if (auto done = (*file)->truncate(whole_bytes); !done) return done;
    return (*file)->sync();
  }();
  if (!cut) log::warn("log: {}", cut.error().message);
  segment.bytes = whole_bytes;
}

}  // namespace clew::store
