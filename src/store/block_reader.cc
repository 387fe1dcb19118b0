#include "store/block_reader.h"

#include <algorithm>

#include "base/log.h"
#include "store/coding.h"
#include "store/compress.h"
#include "store/metrics.h"
#include "store/trace_index.h"

namespace clew::store {

using namespace block_format;

namespace {

std::atomic<uint64_t> next_block_number = 0;

size_t memory_of(const SegmentReader::Columns& columns) {
  size_t bytes = 0;
  for (const Column& column : columns) bytes += sizeof column + column.key.key.size();
  return bytes;
}
size_t memory_of(const SegmentReader::Groups& groups) {
  return groups.size() * sizeof(Group);
}
size_t memory_of(const Chunks& chunks) {
  return chunks.refs.size() * sizeof(ChunkRef) + chunks.begins.size() * sizeof(uint32_t);
}
size_t memory_of(const BlockValues& values) {
  return values.bytes->size() + values.values.size() * sizeof(std::string_view);
}
size_t memory_of(const codec::RankTable& table) {
  return table.contexts() * 12;
}
size_t memory_of(const codec::Templates& templates) {
  return templates.size() * 128;
}
size_t memory_of(const codec::Presence& presence) {
  return presence.memory_bytes();
}

}  // namespace

BlockFile::BlockFile(StoredBlock stored, std::shared_ptr<const ReadFile> file, Cache& cache,
                     std::atomic<uint64_t>& damaged)
    : stored_(std::move(stored)),
      file_(std::move(file)),
      cache_(cache),
      damaged_(damaged),
      number_(next_block_number++) {}

BlockFile::~BlockFile() {
  cache_.erase(number_);
}

Error BlockFile::damage(const std::string& place, const Error& error) const {
  Error described{error.code, fmt::format("block {}/{}: {}: {}", stored_.key.tenant.name(),
                                          stored_.key.id, place, error.message)};
  std::lock_guard lock(mutex_);
  if (reported_.insert(place).second) {
    log::error("{}; queries go on without it", described.message);
    Metrics::get().damaged_sections.Increment();
    ++damaged_;
  }
  return described;
}

Result<std::string> BlockFile::read(const SectionRef& ref, uint64_t base) const {
  auto stored = file_->read(base + ref.offset, ref.stored_bytes);
  if (!stored) return stored;
  if (checksum(*stored) != ref.checksum) return fail(Code::kMalformed, "wrong checksum");
  return decompress(*stored, ref.raw_bytes);
}

Result<std::unique_ptr<BlockReader>> BlockReader::open(StoredBlock stored,
                                                       std::shared_ptr<const ReadFile> file,
                                                       Cache& cache,
                                                       std::atomic<uint64_t>& damaged) {
  std::unique_ptr<BlockReader> block(
      new BlockReader(std::move(stored), std::move(file), cache, damaged));
  const ReadFile& bytes = block->file_.file();
  uint64_t size = bytes.size();
  if (size < kTrailerBytes) return fail(Code::kMalformed, "is cut short");
  auto trailer = bytes.read(size - kTrailerBytes, kTrailerBytes);
  if (!trailer) return std::unexpected(trailer.error());
  auto announced = footer_bytes(*trailer);
  if (!announced) return std::unexpected(announced.error());
  size_t tail_bytes = *announced + kTrailerBytes;
  if (tail_bytes > size) return fail(Code::kMalformed, "is cut short");
  auto tail = bytes.read(size - tail_bytes, tail_bytes);
  if (!tail) return std::unexpected(tail.error());
  auto footer = decode_footer(*tail, size);
  if (!footer) return std::unexpected(footer.error());
  block->footer_ = *footer;
  auto raw = block->file_.read(footer->segments);
  if (!raw) return fail(raw.error().code, "segments: {}", raw.error().message);
  auto segments = decode_segments(*raw, *footer, size);
  if (!segments) return fail(segments.error().code, "segments: {}", segments.error().message);
  for (const Segment& segment : *segments)
    block->segments_.emplace_back(block->file_, segment,
                                  static_cast<uint32_t>(block->segments_.size()));
  return block;
}

const SegmentReader& BlockReader::segment_of(uint32_t trace) const {
  auto first = [](const SegmentReader& segment) { return segment.segment().first_trace; };
  auto at = std::ranges::upper_bound(segments_, trace, {}, first);
  return *std::prev(at);
}

Error SegmentReader::damaged_group(uint32_t number, const Error& error) const {
  return file_.damage(fmt::format("segment {}: row group {}", number_, number), error);
}

template <typename T, typename Decode>
SegmentReader::Loaded<T> SegmentReader::load(Kind kind, uint32_t number, const SectionRef& ref,
                                             uint64_t base, Decode&& decode) const {
  Cache::Key key{file_.number(), number_ * 8 + kind, number};
  auto result = file_.cache().get<T>(key, [&]() -> Result<Cache::Loaded<T>> {
    auto raw = file_.read(ref, base);
    if (!raw) return std::unexpected(raw.error());
    Result<T> decoded = decode(*raw);
    if (!decoded) return std::unexpected(decoded.error());
    auto value = std::make_shared<const T>(std::move(*decoded));
    size_t bytes = memory_of(*value);
    return Cache::Loaded<T>{std::move(value), bytes};
  });
  if (result) return result;
  static constexpr std::string_view kNames[] = {"columns", "groups",    "chunks",  "dictionary",
                                                "ranks",   "templates", "presence"};
  bool of_column = kind >= kValues;
  return std::unexpected(file_.damage(
      of_column ? fmt::format("segment {}: {} of column {}", number_, kNames[kind], number)
                : fmt::format("segment {}: {}", number_, kNames[kind]),
      result.error()));
}

SegmentReader::Loaded<SegmentReader::Columns> SegmentReader::columns() const {
  return load<Columns>(kColumns, 0, segment_.columns, segment_.tables_at,
                       [&](std::string& raw) { return decode_columns(raw, segment_); });
}

SegmentReader::Loaded<SegmentReader::Groups> SegmentReader::groups() const {
  return load<Groups>(kGroups, 0, segment_.groups, 0, [&](std::string& raw) {
    return decode_groups(raw, segment_, file_.file().size());
  });
}

SegmentReader::Loaded<Chunks> SegmentReader::chunks() const {
  auto groups = this->groups();
  if (!groups) return std::unexpected(groups.error());
  return load<Chunks>(kChunks, 0, segment_.chunks, 0,
                      [&](std::string& raw) { return decode_chunks(raw, **groups); });
}

SegmentReader::Loaded<BlockValues> SegmentReader::values(const Columns& columns,
                                                         uint32_t column) const {
  const Column& entry = columns[column];
  auto decode = [&](std::string& raw) -> Result<BlockValues> {
    BlockValues values{std::make_unique<const std::string>(std::move(raw)), {}};
    auto views = decode_values(*values.bytes, entry.values);
    if (!views) return std::unexpected(views.error());
    for (std::string_view value : *views)
      if (is_number(entry.key.type) && column >= kOwnColumns && value.size() != sizeof(uint64_t))
        return fail(Code::kMalformed, "has a number of {} bytes", value.size());
    values.values = std::move(*views);
    return values;
  };
  return load<BlockValues>(kValues, column, entry.dictionary, segment_.tables_at, decode);
}

SegmentReader::Loaded<codec::RankTable> SegmentReader::ranks(const Columns& columns,
                                                             uint32_t column) const {
  const Column& entry = columns[column];
  // A context is a code plus 1, or 0.
  size_t contexts = 1;
  if (entry.context.kind == ContextKind::kPrevious) contexts += kFirstCode + entry.values;
  if (entry.context.kind == ContextKind::kColumn)
    contexts += kFirstCode + columns[entry.context.column].values;
  return load<codec::RankTable>(
      kRanks, column, entry.ranks, segment_.tables_at, [&](std::string& raw) {
        return codec::RankTable::decode(raw, contexts, kFirstCode + entry.values);
      });
}

SegmentReader::Loaded<codec::Templates> SegmentReader::templates(const Columns& columns,
                                                                 uint32_t column) const {
  return load<codec::Templates>(kTemplates, column, columns[column].templates, segment_.tables_at,
                                [](std::string& raw) { return codec::Templates::decode(raw); });
}

SegmentReader::Loaded<codec::Presence> SegmentReader::presence(const Columns& columns,
                                                               uint32_t column) const {
  return load<codec::Presence>(
      kPresence, column, columns[column].presence, segment_.tables_at, [&](std::string& raw) {
        return codec::Presence::decode(raw, kFirstCode + columns[column].values,
                                       segment_.group_count);
      });
}

Result<std::vector<uint32_t>> BlockReader::find_trace(const TraceId& id) const {
  const SectionRef& ref = footer_.trace_index;
  auto found = look_up_trace(file_.file(), ref.offset, ref.stored_bytes, id);
  if (!found) return std::unexpected(file_.damage("trace index", found.error()));
  for (uint32_t number : *found)
    if (number >= footer_.traces)
      return std::unexpected(
          file_.damage("trace index", {Code::kMalformed, "names a trace that is not there"}));
  return found;
}

Result<void> BlockReader::verify_trace_index() const {
  const SectionRef& ref = footer_.trace_index;
  auto bytes = file_.file().read(ref.offset, ref.stored_bytes);
  auto verified =
      bytes ? store::verify_trace_index(*bytes) : Result<void>(std::unexpected(bytes.error()));
  if (!verified) return std::unexpected(file_.damage("trace index", verified.error()));
  return {};
}

Result<std::string> SegmentReader::group_bytes(const Group& group, uint32_t number) const {
  auto bytes = file_.file().read(group.offset, group.bytes);
  if (!bytes) return std::unexpected(damaged_group(number, bytes.error()));
  return bytes;
}

Result<std::string> SegmentReader::chunk(const Group& group, uint32_t number, const ChunkRef& ref,
                                         std::string_view whole) const {
  Result<std::string> bytes = whole.empty()
                                  ? file_.file().read(group.offset + ref.offset, ref.bytes)
                                  : Result<std::string>(whole.substr(ref.offset, ref.bytes));
  if (!bytes) return std::unexpected(damaged_group(number, bytes.error()));
  auto sum = get<uint32_t>(*bytes, 0);
  std::string_view content = std::string_view(*bytes).substr(kChunkChecksumBytes);
  if (sum != static_cast<uint32_t>(checksum(content)))
    return std::unexpected(damaged_group(number, {Code::kMalformed, "wrong checksum"}));
  return bytes;
}

}  // namespace clew::store
