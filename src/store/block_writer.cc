#include "store/block_writer.h"

#include <algorithm>

#include "base/check.h"
#include "store/bloom.h"
#include "store/compress.h"
#include "store/start_time.h"

namespace clew::store {

using block_format::SectionRef;

Result<void> BlockWriter::add(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  if (!group_.empty() && group_.bytes() + ref.size > block_format::kRowGroupBytes)
    if (auto finished = finish_group(); !finished) return finished;
  otlp::Span span = batch.decode(ref);
  note_trace(ref.trace_id, span.start);
  group_.add(batch, ref, span, operation_id(batch, ref, span));
  return {};
}

void BlockWriter::note_trace(const TraceId& id, UnixNanos start) {
  auto group = static_cast<uint32_t>(groups_.size());
  if (footer_.spans++ == 0) footer_.min_start = footer_.max_start = start;
  footer_.min_start = earlier(footer_.min_start, start);
  footer_.max_start = std::max(footer_.max_start, start);
  if (traces_.ids.empty() || traces_.ids.back() != id) {
    CLEW_CHECK(traces_.ids.empty() || traces_.ids.back() < id);
    traces_.ids.push_back(id);
    traces_.min_start.push_back(start);
    traces_.max_start.push_back(start);
    traces_.first_group.push_back(group);
    traces_.last_group.push_back(group);
    traces_.spans.push_back(1);
    return;
  }
  traces_.min_start.back() = earlier(traces_.min_start.back(), start);
  traces_.max_start.back() = std::max(traces_.max_start.back(), start);
  traces_.last_group.back() = group;
  ++traces_.spans.back();
}

uint32_t BlockWriter::operation_id(const otlp::Batch& batch, const otlp::SpanRef& ref,
                                   const otlp::Span& span) {
  std::string_view service = batch.resource_of(ref).service_name;
  auto at = operation_ids_.find(OperationView{service, span.name, span.kind});
  if (at != operation_ids_.end()) return at->second;
  auto id = static_cast<uint32_t>(operations_.size());
  operations_.push_back({std::string(service), std::string(span.name), span.kind});
  operation_ids_.emplace(operations_.back(), id);
  return id;
}

Result<void> BlockWriter::write(std::string_view bytes) {
  if (offset_ == 0) {
    if (auto written = out_.append(block_format::kMagic); !written) return written;
    offset_ = block_format::kMagic.size();
  }
  offset_ += bytes.size();
  return out_.append(bytes);
}

Result<void> BlockWriter::finish_group() {
  auto [request, index, tag_filter] = group_.finish();
  CLEW_CHECK(request.size() <= block_format::kMaxRowGroupBytes);
  std::string stored = compress(request);
  index.offset = std::max(offset_, uint64_t{block_format::kMagic.size()});
  index.stored_bytes = static_cast<uint32_t>(stored.size());
  index.raw_bytes = static_cast<uint32_t>(request.size());
  index.checksum = block_format::checksum(stored);
  index.filter_offset = static_cast<uint32_t>(tag_filters_.size());
  index.filter_bytes = static_cast<uint32_t>(tag_filter.size());
  tag_filters_ += tag_filter;
  raw_bytes_ += request.size();
  groups_.push_back(std::move(index));
  return write(stored);
}

Result<SectionRef> BlockWriter::write_section(std::string_view raw) {
  std::string stored = compress(raw);
  CLEW_CHECK(std::max(raw.size(), stored.size()) <= block_format::kMaxSectionBytes);
  SectionRef section{.offset = offset_,
                     .stored_bytes = stored.size(),
                     .raw_bytes = raw.size(),
                     .checksum = block_format::checksum(stored)};
  if (auto written = write(stored); !written) return std::unexpected(written.error());
  return section;
}

Result<block_format::Footer> BlockWriter::finish(LogPosition log_end, UnixNanos now) {
  if (!group_.empty())
    if (auto finished = finish_group(); !finished) return std::unexpected(finished.error());
  footer_.log_end = log_end;
  footer_.written_at = now;
  footer_.traces = static_cast<uint32_t>(traces_.size());
  footer_.groups = static_cast<uint32_t>(groups_.size());
  if (traces_.size() > 0) footer_.newest_trace_start = std::ranges::max(traces_.min_start);

  std::vector<uint64_t> hashes;
  hashes.reserve(traces_.size());
  for (const TraceId& id : traces_.ids) hashes.push_back(block_format::filter_hash(id));
  std::array<std::string, block_format::kSections> raw;
  raw[block_format::kOperations] = block_format::encode_operations(operations_);
  raw[block_format::kGroups] = block_format::encode_groups(groups_);
  raw[block_format::kTraces] = block_format::encode_traces(traces_);
  raw[block_format::kTraceFilter] = build_bloom(hashes);
  raw[block_format::kTagFilters] = std::move(tag_filters_);
  for (size_t i = 0; i < raw.size(); ++i) {
    auto section = write_section(raw[i]);
    if (!section) return std::unexpected(section.error());
    footer_.sections[i] = *section;
  }
  if (auto written = write(block_format::encode_footer(footer_)); !written)
    return std::unexpected(written.error());
  if (auto committed = out_.commit(); !committed) return std::unexpected(committed.error());
  return footer_;
}

}  // namespace clew::store
