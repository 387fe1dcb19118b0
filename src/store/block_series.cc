#include "store/block_series.h"

#include <algorithm>

namespace clew::store {
namespace {

constexpr UnixNanos kDayNanos = 86'400'000'000'000;

}  // namespace

uint64_t partition_of(UnixNanos trace_start, UnixNanos now) {
  return (trace_start == 0 ? now : std::min(trace_start, now)) / kDayNanos;
}

Result<void> BlockSeries::begin_trace(UnixNanos start) {
  UnixNanos placed = start == 0 ? 0 : std::max(start, environment_.oldest);
  uint64_t partition = partition_of(placed, environment_.now);
  if (writer_ && (partition != partition_ || writer_->writer.segment().rows() >= kMaxBlockRows))
    if (auto closed = close(/*log_end=*/0); !closed) return closed;
  if (writer_) return {};
  partition_ = partition;
  BlockKey key = environment_.new_key();
  auto upload = environment_.storage.create(key);
  if (!upload) return std::unexpected(upload.error());
  BlockUpload& out = **upload;
  writer_.reset(new Open{std::move(key), std::move(*upload), BlockWriter(out, expected_rows_), {}});
  return {};
}

SourceMap* BlockSeries::map(const Vocabulary& source) {
  if (!writer_->map)
    writer_->map = std::make_unique<SourceMap>(source, writer_->writer.segment().tables());
  return writer_->map.get();
}

Result<void> BlockSeries::finish(LogPosition log_end) {
  return writer_ ? close(log_end) : Result<void>();
}

Result<void> BlockSeries::close(LogPosition log_end) {
  if (auto footer = writer_->writer.finish(log_end, environment_.now); !footer)
    return std::unexpected(footer.error());
  duplicates_ += writer_->writer.segment().duplicates();
  auto block = environment_.open(writer_->key);
  if (!block) return std::unexpected(block.error());
  written_.push_back(std::move(*block));
  writer_.reset();
  return {};
}

}  // namespace clew::store
