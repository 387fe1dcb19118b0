// Writing one block. block_format.h draws it.
#pragma once

#include <map>

#include "store/block_format.h"
#include "store/block_storage.h"
#include "store/row_group.h"

namespace clew::store {

/// Takes the spans in order of trace ID, all of a trace behind one another, and streams the block
/// into an upload. Holds one row group in memory, and 44 bytes for each trace.
class BlockWriter {
 public:
  /// `out` must outlive the writer.
  explicit BlockWriter(BlockUpload& out) : out_(out) {}

  /// Adds a span. The batch must live until finish().
  Result<void> add(const otlp::Batch& batch, const otlp::SpanRef& ref);

  /// Writes the indexes and the footer, and commits the upload. `log_end` as in
  /// block_format::Footer; `now` becomes its written_at. The writer is of no use afterwards.
  Result<block_format::Footer> finish(LogPosition log_end, UnixNanos now);

  /// Before compression.
  uint64_t raw_bytes() const { return raw_bytes_; }
  uint64_t traces() const { return traces_.size(); }

 private:
  uint32_t operation_id(const otlp::Batch& batch, const otlp::SpanRef& ref, const otlp::Span& span);
  void note_trace(const TraceId& id, UnixNanos start);
  Result<void> write(std::string_view bytes);
  Result<void> finish_group();
  Result<block_format::SectionRef> write_section(std::string_view raw);

  BlockUpload& out_;
  uint64_t offset_ = 0;
  uint64_t raw_bytes_ = 0;
  RowGroupBuilder group_;
  std::vector<block_format::RowGroup> groups_;
  block_format::Traces traces_;
  std::string tag_filters_;
  std::vector<OperationKey> operations_;
  std::map<OperationKey, uint32_t, std::less<>> operation_ids_;
  block_format::Footer footer_;
};

}  // namespace clew::store
