// Blocks in memory, for tests and fuzzers only.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "store/block.h"
#include "store/block_writer.h"
#include "store/head.h"
#include "store/head_writer.h"

namespace clew::store::testing {

/// Keeps one block.
class MemoryUpload final : public BlockUpload {
 public:
  explicit MemoryUpload(std::string& out) : out_(out) {}
  Result<void> append(std::string_view bytes) override { return out_ += bytes, Result<void>(); }
  Result<void> commit() override { return {}; }

 private:
  std::string& out_;
};

class MemoryFile final : public ReadFile {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}
  Result<std::string> read(uint64_t offset, size_t size) const override {
    if (offset > content_.size() || size > content_.size() - offset)
      return fail(Code::kMalformed, "cut short");
    return content_.substr(offset, size);
  }
  uint64_t size() const override { return content_.size(); }

 private:
  std::string content_;
};

/// The vocabulary of a head in which some values of every column are rare, so that a block has
/// literals of every type without thousands of spans.
class RareVocabulary : public Vocabulary {
 public:
  explicit RareVocabulary(const HeadSnapshot& head) : head_(head) {}

  uint32_t operations() const override { return head_.operations(); }
  std::string_view operation(uint32_t code) const override { return head_.operation(code); }
  uint32_t resources() const override { return head_.resources(); }
  std::string_view resource(uint32_t code) const override { return head_.resource(code); }
  uint32_t scopes() const override { return head_.scopes(); }
  std::string_view scope(uint32_t code) const override { return head_.scope(code); }
  uint32_t shapes() const override { return head_.shapes(); }
  std::span<const uint32_t> shape(uint32_t code) const override { return head_.shape(code); }
  uint32_t columns() const override { return head_.columns(); }
  const ColumnKey& column(uint32_t column) const override { return head_.column(column); }
  uint32_t values(uint32_t column) const override { return head_.values(column); }
  bool has_literals(uint32_t) const override { return true; }
  std::string_view value(uint32_t column, uint32_t cell) const override {
    return head_.value(column, cell);
  }
  bool is_rare(uint32_t column, uint32_t code) const override {
    return (column * 7 + code * 5) % 3 == 0;
  }

 private:
  const HeadSnapshot& head_;
};

inline constexpr UnixNanos kWrittenAt = 1000;

struct BlockShape {
  LogPosition log_end = 9;
  UnixNanos written_at = kWrittenAt;
  uint32_t group_rows = block_format::kGroupRows;
  bool rare = false;  // through a RareVocabulary
};

/// A block of all spans of the batches, as a file.
inline std::string block_of(const std::vector<otlp::Batch>& batches, const BlockShape& shape = {}) {
  HeadTenant head;
  for (const otlp::Batch& batch : batches) head.insert(batch);
  std::string bytes;
  MemoryUpload upload(bytes);
  BlockWriter writer(upload, /*expected_rows=*/1000, shape.group_rows);
  std::vector<HeadTrace> traces;
  HeadSnapshot snapshot =
      head.snapshot([&](uint32_t, const HeadTrace& trace) { traces.push_back(trace); });
  RareVocabulary rare(snapshot);
  SourceMap map(rare, writer.segment().tables());
  if (shape.rare) {
    std::ranges::sort(traces, {},
                      [](const HeadTrace& trace) { return std::tuple(trace.min_start, trace.id); });
    for (const HeadTrace& trace : traces) {
      std::vector<SourceRow> rows;
      uint32_t number = trace.last_row;
      for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot.previous(number))
        rows.push_back({&map, &rare, snapshot.row(number)});
      CLEW_CHECK(writer.segment().add_trace(trace.id, rows).has_value());
    }
    CLEW_CHECK(writer.finish(shape.log_end, shape.written_at).has_value());
  } else {
    CLEW_CHECK(write_head(head, writer.segment()).has_value());
    CLEW_CHECK(writer.finish(shape.log_end, shape.written_at).has_value());
  }
  return bytes;
}

/// Row groups of all segments.
inline size_t groups_of(const Block& block) {
  size_t groups = 0;
  for (const SegmentReader& segment : block.reader().segments())
    groups += segment.segment().group_count;
  return groups;
}

}  // namespace clew::store::testing
