// The file of a block while it is written: segments one behind the other, then what holds them
// together.
#pragma once

#include <string_view>
#include <vector>

#include "base/ids.h"
#include "store/block_format.h"
#include "store/block_storage.h"

namespace clew::store {

/// One thread. Holds 16 bytes for each trace.
class BlockOutput {
 public:
  /// `out` must outlive it.
  explicit BlockOutput(BlockUpload& out) : out_(out) {}

  /// Where the next byte will stand.
  Result<uint64_t> position();
  Result<void> write(std::string_view bytes);
  /// Compressed; its offset counts from `base`.
  Result<block_format::SectionRef> write_section(std::string_view raw, uint64_t base = 0);

  /// Adds a segment whose row groups and tables have been written: writes its groups and chunks.
  /// `segment` has its places, its columns and their number; the rest is worked out here. `ids` are
  /// those of the groups' traces, in order.
  Result<void> add_segment(block_format::Segment segment,
                           const std::vector<block_format::Group>& groups,
                           const block_format::Chunks& chunks, std::span<const TraceId> ids);

  /// Writes the index of traces, the list of segments and the footer, and commits the upload.
  /// `log_end` as in block_format::Footer; `now` becomes its written_at. Of no use afterwards.
  Result<block_format::Footer> finish(LogPosition log_end, UnixNanos now);

  size_t traces() const { return ids_.size(); }

 private:
  BlockUpload& out_;
  uint64_t offset_ = 0;
  std::vector<block_format::Segment> segments_;
  std::vector<TraceId> ids_;
};

}  // namespace clew::store
