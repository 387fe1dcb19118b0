#include "store/block_output.h"

#include <algorithm>

#include "store/compress.h"
#include "store/trace_index.h"

namespace clew::store {

using namespace block_format;

Result<uint64_t> BlockOutput::position() {
  if (offset_ == 0)
    if (auto written = write(kMagic); !written) return std::unexpected(written.error());
  return offset_;
}

Result<void> BlockOutput::write(std::string_view bytes) {
  if (auto written = out_.append(bytes); !written) return written;
  offset_ += bytes.size();
  return {};
}

Result<SectionRef> BlockOutput::write_section(std::string_view raw, uint64_t base) {
  auto at = position();
  if (!at) return std::unexpected(at.error());
  std::string stored = compress(raw);
  SectionRef ref{*at - base, stored.size(), raw.size(), checksum(stored)};
  if (auto written = write(stored); !written) return std::unexpected(written.error());
  return ref;
}

Result<void> BlockOutput::add_segment(Segment segment, const std::vector<Group>& groups,
                                      const Chunks& chunks, std::span<const TraceId> ids) {
  bool first = true;
  // A start of 0 counts: a search from the beginning of time finds its span.
  for (const Group& group : groups) {
    if (group.rows == 0) continue;
    segment.min_start = std::exchange(first, false) ? group.min_start
                                                    : std::min(segment.min_start, group.min_start);
    segment.max_start = std::max(segment.max_start, group.max_start);
    segment.newest_trace_start = std::max(segment.newest_trace_start, group.max_trace_start);
    segment.spans += group.rows;
    segment.traces += group.traces;
  }
  segment.group_count = static_cast<uint32_t>(groups.size());
  segment.first_trace = static_cast<uint32_t>(ids_.size());
  for (auto [place, raw] : {std::pair{&segment.groups, encode_groups(groups)},
                            {&segment.chunks, encode_chunks(chunks)}}) {
    auto ref = write_section(raw);
    if (!ref) return std::unexpected(ref.error());
    *place = *ref;
  }
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  segments_.push_back(segment);
  return {};
}

Result<Footer> BlockOutput::finish(LogPosition log_end, UnixNanos now) {
  Footer footer{.log_end = log_end, .written_at = now};
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    footer.min_start = i == 0 ? segment.min_start : std::min(footer.min_start, segment.min_start);
    footer.max_start = std::max(footer.max_start, segment.max_start);
    footer.newest_trace_start = std::max(footer.newest_trace_start, segment.newest_trace_start);
    footer.spans += segment.spans;
    footer.traces += segment.traces;
  }
  footer.segment_count = static_cast<uint32_t>(segments_.size());
  std::string index = build_trace_index(ids_);
  footer.trace_index = {offset_, index.size(), index.size(), 0};
  if (auto written = write(index); !written) return std::unexpected(written.error());
  // Next to the footer, since opening the block needs both.
  auto list = write_section(encode_segments(segments_));
  if (!list) return std::unexpected(list.error());
  footer.segments = *list;
  auto end = in_order([&] { return write(encode_footer(footer)); }, [&] { return out_.commit(); });
  if (!end) return std::unexpected(end.error());
  return footer;
}

}  // namespace clew::store
