// Writing one block. block_format.h draws it.
#pragma once

#include <memory>
#include <vector>

#include "store/block_format.h"
#include "store/block_output.h"
#include "store/block_tables.h"
#include "store/group_builder.h"

namespace clew::store {

/// Takes traces in order of their start and streams a segment into a block. Holds its dictionaries,
/// the first kLearnGroups row groups until contexts are chosen, one after that, and 16 bytes for
/// each trace.
class SegmentWriter {
 public:
  /// `out` must outlive the writer. `expected_rows` is a guess, by which it decides what is worth a
  /// line in its tables. Other `group_rows` are for tests: at most block_format::kMaxGroupRows.
  SegmentWriter(BlockOutput& out, uint64_t expected_rows,
                uint32_t group_rows = block_format::kGroupRows)
      : out_(out), expected_rows_(expected_rows), group_rows_(group_rows), builder_(tables_) {}

  /// For the SourceMaps of the rows.
  BlockTables& tables() { return tables_; }

  /// Adds a trace. Exact repetitions of a row are dropped. Vocabularies of the rows must live until
  /// finish(), unless keep() is given what holds them.
  Result<void> add_trace(const TraceId& id, std::span<const SourceRow> rows);

  /// Holds `owner` until the rows of the next trace that is added are written.
  void keep(std::shared_ptr<const void> owner) { owners_.push_back(std::move(owner)); }

  /// Writes what is left and adds the segment to the block, unless it is empty. The writer is of no
  /// use afterwards.
  Result<void> finish();

  uint64_t rows() const { return rows_; }
  uint64_t duplicates() const { return builder_.duplicates(); }

 private:
  static constexpr size_t kLearnGroups = 4;

  Result<void> close_group();
  Result<void> learn();
  Result<void> write_group(const GroupData& group);
  Result<std::vector<block_format::Column>> write_columns(uint64_t base);

  BlockOutput& out_;
  uint64_t expected_rows_;
  uint32_t group_rows_;
  uint64_t rows_ = 0;
  BlockTables tables_;
  GroupBuilder builder_;
  GroupData group_;
  std::vector<std::shared_ptr<const void>> owners_;  // of the next trace's rows
  std::vector<GroupData> learning_;                  // groups that wait for contexts
  bool learned_ = false;
  block_format::Segment segment_;
  std::vector<block_format::Group> groups_;
  block_format::Chunks chunks_{.begins = {0}, .refs = {}};
  std::vector<TraceId> ids_;
};

/// A block of one segment.
class BlockWriter {
 public:
  BlockWriter(BlockUpload& out, uint64_t expected_rows,
              uint32_t group_rows = block_format::kGroupRows)
      : output_(out), segment_(output_, expected_rows, group_rows) {}

  SegmentWriter& segment() { return segment_; }

  Result<block_format::Footer> finish(LogPosition log_end, UnixNanos now) {
    if (auto finished = segment_.finish(); !finished) return std::unexpected(finished.error());
    return output_.finish(log_end, now);
  }

 private:
  BlockOutput output_;
  SegmentWriter segment_;
};

}  // namespace clew::store
