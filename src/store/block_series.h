// Writing traces into blocks, one for each day they belong to.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "store/block.h"
#include "store/block_storage.h"
#include "store/block_writer.h"

namespace clew::store {

/// The day (since 1970) under which a trace is stored, so that retention can drop whole blocks:
/// that of its start; today's if it has none or is in the future.
uint64_t partition_of(UnixNanos trace_start, UnixNanos now);

/// A block that is written next to others must not be larger, so that merging it stays within the
/// memory for compaction.
inline constexpr uint64_t kMaxBlockRows = 8 << 20;

/// Takes the traces of one tenant in order of start and writes as many blocks as they need. One
/// thread.
class BlockSeries {
 public:
  struct Environment {
    BlockStorage& storage;
    std::function<BlockKey()> new_key;
    std::function<Result<std::shared_ptr<const Block>>(const BlockKey&)> open;
    UnixNanos now;
    UnixNanos oldest;  // older traces are all of one partition: they go soon
  };

  BlockSeries(Environment environment, uint64_t expected_rows)
      : environment_(std::move(environment)), expected_rows_(expected_rows) {}

  /// Opens the block for a trace that starts then, if it is not the one before's. Call it before
  /// the trace's rows are mapped.
  Result<void> begin_trace(UnixNanos start);

  /// The map for the rows of the one source there is. Valid until the next begin_trace().
  SourceMap* map(const Vocabulary& source);

  Result<void> add_trace(const TraceId& id, std::span<const SourceRow> rows) {
    return writer_->writer.segment().add_trace(id, rows);
  }

  /// Finishes the last block; only that one is said to cover the log up to `log_end`. With no trace
  /// there is no block.
  Result<void> finish(LogPosition log_end);

  /// The blocks so far, also after an error: those must be removed then.
  const std::vector<std::shared_ptr<const Block>>& written() const { return written_; }
  uint64_t duplicates() const { return duplicates_; }

 private:
  struct Open {
    BlockKey key;
    std::unique_ptr<BlockUpload> upload;
    BlockWriter writer;
    std::unique_ptr<SourceMap> map;
  };

  Result<void> close(LogPosition log_end);

  Environment environment_;
  uint64_t expected_rows_;
  std::unique_ptr<Open> writer_;
  uint64_t partition_ = 0;
  std::vector<std::shared_ptr<const Block>> written_;
  uint64_t duplicates_ = 0;
};

}  // namespace clew::store
