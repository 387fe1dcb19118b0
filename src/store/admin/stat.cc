#include "store/admin/stat.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "store/admin/column_name.h"
#include "store/block_listing.h"
#include "store/block_reader.h"
#include "store/block_series.h"
#include "store/block_storage_local.h"
#include "store/log_view.h"

namespace clew::store {
namespace {

using namespace block_format;

constexpr const char* kChunkNames[] = {
    "trace starts and sizes", "trace IDs", "span IDs", "parents", "starts", "lengths"};

constexpr const char* kLists = "lists of segments, columns, groups and chunks";

class Stat {
 public:
  /// False, and nothing counted, if the block's tables are damaged.
  bool add(const BlockReader& block) {
    for (const SegmentReader& segment : block.segments())
      if (!segment.columns() || !segment.chunks()) return false;
    const Footer& footer = block.footer();
    uint64_t day = partition_of(footer.newest_trace_start, footer.written_at);
    DayStat& entry = days_[{block.key().tenant, day}];
    entry.tenant = block.key().tenant;
    entry.day = day;
    for (auto* total : {&entry.blocks, &stat_.blocks}) *total += 1;
    for (auto* total : {&entry.spans, &stat_.spans}) *total += footer.spans;
    for (auto* total : {&entry.traces, &stat_.traces}) *total += footer.traces;
    for (auto* total : {&entry.bytes, &stat_.bytes}) *total += block.size_bytes();
    named("trace index").codes += footer.trace_index.stored_bytes;
    named(kLists).codes +=
        kMagic.size() + kFooterBytes + kTrailerBytes + footer.segments.stored_bytes;
    for (const SegmentReader& segment : block.segments()) {
      const Segment& info = segment.segment();
      named(kLists).codes +=
          info.columns.stored_bytes + info.groups.stored_bytes + info.chunks.stored_bytes;
      auto columns = *segment.columns();
      add_columns(*columns);
      add_chunks(**segment.chunks(), *columns);
    }
    return true;
  }

  StoreStat finish() {
    for (auto& [key, day] : days_) stat_.days.push_back(std::move(day));
    for (auto& [key, column] : columns_) stat_.columns.push_back(std::move(column));
    std::ranges::stable_sort(stat_.columns, std::greater(), &ColumnStat::total);
    return std::move(stat_);
  }

  StoreStat& result() { return stat_; }

 private:
  ColumnStat& named(const std::string& name, bool is_attribute = false) {
    ColumnStat& column = columns_[{is_attribute, name}];
    column.name = name;
    column.is_attribute = is_attribute;
    return column;
  }
  ColumnStat& of(const Column& column, uint32_t number) {
    bool is_attribute = number >= kOwnColumns && column.key.kind == ColumnKind::kAttribute;
    return named(column_name(column.key, number), is_attribute);
  }

  void add_columns(const std::vector<Column>& columns) {
    for (uint32_t i = 0; i < columns.size(); ++i) {
      ColumnStat& stat = of(columns[i], i);
      stat.dictionary += columns[i].dictionary.stored_bytes;
      stat.ranks += columns[i].ranks.stored_bytes;
      stat.templates += columns[i].templates.stored_bytes;
      stat.presence += columns[i].presence.stored_bytes;
    }
  }

  void add_chunks(const Chunks& chunks, const std::vector<Column>& columns) {
    for (const ChunkRef& ref : chunks.refs) {
      uint32_t column = (ref.chunk - kFirstColumnChunk) / 2;
      if (ref.chunk < std::size(kChunkNames))
        named(kChunkNames[ref.chunk]).codes += ref.bytes;
      else if (ref.chunk < kFirstColumnChunk || column >= columns.size())
        named("unknown chunks").codes += ref.bytes;
      else if (ref.chunk == codes_chunk(column))
        of(columns[column], column).codes += ref.bytes;
      else
        of(columns[column], column).literals += ref.bytes;
    }
  }

  StoreStat stat_;
  std::map<std::pair<Tenant, uint64_t>, DayStat> days_;
  std::map<std::pair<bool, std::string>, ColumnStat> columns_;
};

}  // namespace

Result<StoreStat> stat_store(Disk& disk, const std::string& directory) {
  Cache cache(16 << 20);
  std::atomic<uint64_t> damaged = 0;
  auto storage = BlockStorageLocal::attach(disk, directory + "/blocks");
  std::map<BlockKey, std::unique_ptr<BlockReader>> held;  // null: damaged
  auto blocks = visit_blocks(*storage, [&](const StoredBlock& entry) -> Result<void> {
    auto file = storage->open(entry.key);
    if (!file) return std::unexpected(file.error());
    auto block = BlockReader::open(entry, std::move(*file), cache, damaged);
    held[entry.key] = block ? std::move(*block) : nullptr;
    return {};
  });
  if (!blocks && blocks.error().code == Code::kNotFound)
    return fail(Code::kNotFound, "no store in {}: {}", directory, blocks.error().message);
  if (!blocks) return std::unexpected(blocks.error());

  Stat stat;
  for (const StoredBlock& entry : *blocks) {
    const auto& block = held.at(entry.key);
    if (!block || !stat.add(*block)) ++stat.result().unreadable_blocks;
  }
  auto log = LogView::open(disk, directory + "/log");
  if (log) {
    stat.result().log_segments = log->segments().size();
    stat.result().log_bytes = log->bytes();
  } else if (log.error().code != Code::kNotFound) {
    return std::unexpected(log.error());
  }
  return stat.finish();
}

}  // namespace clew::store
