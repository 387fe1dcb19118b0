// One block as queries see it. block_format.h draws it.
#pragma once

#include <memory>

#include "store/block_reader.h"
#include "store/block_vocabulary.h"
#include "store/group_reader.h"
#include "store/part.h"

namespace clew::store {

/// An open block. Holds its footer in memory; the rest is read when a query needs it. Any thread.
class Block final : public Part {
 public:
  /// As BlockReader::open.
  static Result<std::shared_ptr<const Block>> open(StoredBlock stored,
                                                   std::shared_ptr<const ReadFile> file,
                                                   Cache& cache, std::atomic<uint64_t>& damaged);

  const BlockKey& key() const { return reader_->key(); }
  uint64_t size_bytes() const { return reader_->size_bytes(); }
  const block_format::Footer& footer() const { return reader_->footer(); }
  const BlockReader& reader() const { return *reader_; }

  UnixNanos newest_trace_start() const override { return footer().newest_trace_start; }
  bool may_match(const Query& query) const override;
  Result<std::unique_ptr<PartSearch>> search(const Query& query) const override;
  Result<std::optional<TraceExtent>> extent_of(const TraceId& id) const override;
  Result<void> visit_spans(const TraceId& id, const SpanChoice& wanted,
                           const SpanVisitor& visit) const override;
  Result<std::unique_ptr<TraceCursor>> open_trace(const TraceId& id) const override;
  Result<void> visit_outlines(const TraceId& id, const OutlineVisitor& visit) const override;
  Result<std::optional<PartState>> state_of(const TraceId& id) const override;
  Result<void> scan_columns(ColumnScan& scan) const override;
  std::optional<uint64_t> fixed_number() const override { return reader_->file().number(); }
  StartRange starts() const override { return {footer().min_start, footer().max_start}; }
  size_t trace_count() const override { return footer().traces; }
  Result<void> count_calls(const StartRange& range, const TraceHalves& without, CallTable& table,
                           const std::function<bool()>& is_over) const override;
  Result<void> visit_trace_halves(const std::function<void(uint64_t)>& visit) const override;
  Result<void> visit_pieces(std::span<const TraceId> ids, const PieceVisitor& visit) const override;
  Result<void> visit_operations(const OperationVisitor& visit) const override;
  Result<void> visit_attributes(const AttributeVisitor& visit) const override;
  Result<void> visit_values(std::optional<AttributeScope> scope, std::string_view key,
                            const ValueVisitor& visit) const override;

 private:
  explicit Block(std::unique_ptr<BlockReader> reader) : reader_(std::move(reader)) {}

  std::unique_ptr<BlockReader> reader_;
};

/// A segment's spans, group by group. One thread.
class SegmentRows {
 public:
  /// Loads what all groups need. `segment` must outlive it.
  static Result<std::unique_ptr<SegmentRows>> open(const SegmentReader& segment);

  const SegmentReader& segment() const { return segment_; }
  uint32_t groups() const { return static_cast<uint32_t>(groups_->size()); }
  const block_format::Group& group(uint32_t number) const { return (*groups_)[number]; }
  const block_format::Chunks& chunks() const { return *chunks_; }
  BlockVocabulary& vocabulary() { return *vocabulary_; }

  std::unique_ptr<GroupReader> read(uint32_t number) {
    return std::make_unique<GroupReader>(segment_, *vocabulary_, groups_, chunks_, number);
  }

  /// The group that has a trace, by the trace's number in the segment.
  uint32_t group_of(uint32_t trace) const;

 private:
  explicit SegmentRows(const SegmentReader& segment) : segment_(segment) {}

  const SegmentReader& segment_;
  std::shared_ptr<const SegmentReader::Groups> groups_;
  std::shared_ptr<const block_format::Chunks> chunks_;
  std::unique_ptr<BlockVocabulary> vocabulary_;
};

}  // namespace clew::store
