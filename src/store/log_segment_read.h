// Reading one segment of the log, by the store when it opens and by those who look at it from
// outside.
#pragma once

#include <cstdint>
#include <string>

#include "base/disk.h"
#include "base/result.h"
#include "store/log.h"
#include "store/log_format.h"

namespace clew::store {

struct SegmentReport {
  uint64_t records = 0;
  /// Damaged places that were passed over: frames, the header, a torn end that is not the log's.
  uint64_t damaged = 0;
  LogPosition end = 0;       // past the last record, or the first position of the segment
  uint64_t whole_bytes = 0;  // up to the end of the last whole frame
  bool torn = false;         // bytes stand behind whole_bytes
  /// The log's last segment, whose first write was under way: holds nothing.
  bool unborn = false;
};

/// Visits the whole records at or after `from`; `last` says that this is the log's last segment,
/// which may end in the middle of a write that nobody was told is safe. The payloads share the
/// segment's bytes. Fails with kUnsupported on a segment of another version, with kIo if the disk
/// fails.
Result<SegmentReport> read_segment(const ReadFile& file, const std::string& path,
                                   frames::SegmentName name, bool last, LogPosition from,
                                   const Log::Visitor& visit);

}  // namespace clew::store
