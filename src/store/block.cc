#include "store/block.h"

#include <algorithm>

#include "base/log.h"
#include "store/bloom.h"
#include "store/compress.h"
#include "store/metrics.h"

namespace clew::store {

using block_format::Section;

namespace {

std::atomic<uint64_t> next_block_number = 0;

size_t memory_of(const std::vector<OperationKey>& operations) {
  size_t bytes = operations.size() * sizeof(OperationKey);
  for (const OperationKey& operation : operations)
    bytes += operation.service.size() + operation.name.size();
  return bytes;
}

size_t memory_of(const std::vector<block_format::RowGroup>& groups) {
  size_t bytes = groups.size() * sizeof(block_format::RowGroup);
  for (const auto& group : groups) bytes += group.operations.size() * sizeof(uint32_t);
  return bytes;
}

size_t memory_of(const block_format::Traces& traces) {
  return traces.size() * 44;
}

size_t memory_of(const std::string& text) {
  return text.size();
}

}  // namespace

Block::Block(StoredBlock stored, std::shared_ptr<const ReadFile> file, Cache& cache,
             std::atomic<uint64_t>& damaged)
    : stored_(std::move(stored)),
      file_(std::move(file)),
      cache_(cache),
      damaged_(damaged),
      number_(next_block_number++) {}

Block::~Block() {
  cache_.erase(number_);
}

Result<std::shared_ptr<const Block>> Block::open(StoredBlock stored,
                                                 std::shared_ptr<const ReadFile> file, Cache& cache,
                                                 std::atomic<uint64_t>& damaged) {
  std::shared_ptr<Block> block(new Block(std::move(stored), std::move(file), cache, damaged));
  uint64_t size = block->file_->size();
  block->stored_.size_bytes = size;
  if (size < block_format::kTrailerBytes) return fail(Code::kMalformed, "is cut short");
  auto trailer =
      block->file_->read(size - block_format::kTrailerBytes, block_format::kTrailerBytes);
  if (!trailer) return std::unexpected(trailer.error());
  auto footer_bytes = block_format::footer_bytes(*trailer);
  if (!footer_bytes) return std::unexpected(footer_bytes.error());
  size_t tail_bytes = *footer_bytes + block_format::kTrailerBytes;
  if (tail_bytes > size) return fail(Code::kMalformed, "is cut short");
  auto tail = block->file_->read(size - tail_bytes, tail_bytes);
  if (!tail) return std::unexpected(tail.error());
  auto footer = block_format::decode_footer(*tail, size);
  if (!footer) return std::unexpected(footer.error());
  block->footer_ = *footer;

  auto filter = block->read_section(block_format::kTraceFilter);
  block->has_trace_filter_ = filter.has_value();
  if (filter)
    block->trace_filter_ = std::move(*filter);
  else
    block->damage(block_format::kTraceFilter, 0, filter.error());
  return block;
}

Error Block::damage(uint32_t kind, uint32_t number, const Error& error) const {
  std::string what = kind == kRowGroup
                         ? fmt::format("row group {}", number)
                         : std::string(block_format::name_of(static_cast<Section>(kind)));
  Error described{error.code, fmt::format("block {}/{}: {}: {}", stored_.key.tenant.name(),
                                          stored_.key.id, what, error.message)};
  std::lock_guard lock(mutex_);
  if (reported_.emplace(kind, number).second) {
    log::error("{}; queries go on without it", described.message);
    Metrics::get().damaged_sections.Increment();
    ++damaged_;
  }
  return described;
}

Result<std::string> Block::read_section(Section section) const {
  const auto& ref = footer_.sections[section];
  auto stored = file_->read(ref.offset, ref.stored_bytes);
  if (!stored) return stored;
  if (block_format::checksum(*stored) != ref.checksum)
    return fail(Code::kMalformed, "wrong checksum");
  return decompress(*stored, ref.raw_bytes);
}

template <typename T, typename Decode>
Result<std::shared_ptr<const T>> Block::section(Section section, Decode&& decode) const {
  auto result = cache_.get<T>({number_, section, 0}, [&]() -> Result<Cache::Loaded<T>> {
    auto raw = read_section(section);
    if (!raw) return std::unexpected(raw.error());
    Result<T> decoded = decode(*raw);
    if (!decoded) return std::unexpected(decoded.error());
    auto value = std::make_shared<const T>(std::move(*decoded));
    size_t bytes = memory_of(*value);
    return Cache::Loaded<T>{std::move(value), bytes};
  });
  if (!result) return std::unexpected(damage(section, 0, result.error()));
  return result;
}

Result<std::shared_ptr<const Block::Operations>> Block::operations() const {
  return section<Operations>(block_format::kOperations, [](const std::string& raw) {
    return block_format::decode_operations(raw);
  });
}

Result<std::shared_ptr<const Block::Groups>> Block::groups() const {
  return section<Groups>(block_format::kGroups, [&](const std::string& raw) {
    return block_format::decode_groups(raw, file_->size());
  });
}

Result<std::shared_ptr<const block_format::Traces>> Block::traces() const {
  return section<block_format::Traces>(block_format::kTraces, [&](const std::string& raw) {
    return block_format::decode_traces(raw, footer_.groups);
  });
}

Result<std::shared_ptr<const std::string>> Block::tag_filters() const {
  return section<std::string>(block_format::kTagFilters,
                              [](const std::string& raw) { return Result<std::string>(raw); });
}

Result<std::shared_ptr<const otlp::Batch>> Block::row_group(const Groups& groups,
                                                            uint32_t number) const {
  auto result = cache_.get<otlp::Batch>({number_, kRowGroup, number},
                                        [&]() -> Result<Cache::Loaded<otlp::Batch>> {
                                          if (number >= groups.size())
                                            return fail(Code::kMalformed, "is not in the index");
                                          return read_row_group(groups[number]);
                                        });
  if (!result) return std::unexpected(damage(kRowGroup, number, result.error()));
  return result;
}

Result<Cache::Loaded<otlp::Batch>> Block::read_row_group(
    const block_format::RowGroup& group) const {
  auto stored = file_->read(group.offset, group.stored_bytes);
  if (!stored) return std::unexpected(stored.error());
  if (block_format::checksum(*stored) != group.checksum)
    return fail(Code::kMalformed, "wrong checksum");
  auto raw = decompress(*stored, group.raw_bytes);
  if (!raw) return std::unexpected(raw.error());
  auto batch = otlp::Batch::index(SharedBytes::take(std::move(*raw)));
  if (!batch) return std::unexpected(batch.error());
  size_t bytes = batch->bytes().size() + batch->spans().size() * sizeof(otlp::SpanRef);
  return Cache::Loaded<otlp::Batch>{std::make_shared<const otlp::Batch>(std::move(*batch)), bytes};
}

bool Block::may_match(const Filter& filter) const {
  return footer_.min_start <= filter.start_max && footer_.max_start >= filter.start_min;
}

Result<std::optional<UnixNanos>> Block::start_of(const TraceId& id) const {
  if (has_trace_filter_ && !may_contain(trace_filter_, block_format::filter_hash(id)))
    return std::nullopt;
  auto traces = this->traces();
  if (!traces) return std::unexpected(traces.error());
  size_t row = (*traces)->find(id);
  if (row == (*traces)->size()) return std::nullopt;
  return (*traces)->min_start[row];
}

Result<void> Block::visit_spans(const TraceId& id, const SpanVisitor& visit) const {
  if (has_trace_filter_ && !may_contain(trace_filter_, block_format::filter_hash(id))) return {};
  auto traces = this->traces();
  if (!traces) return std::unexpected(traces.error());
  size_t row = (*traces)->find(id);
  if (row == (*traces)->size()) return {};
  auto groups = this->groups();
  if (!groups) return std::unexpected(groups.error());
  Result<void> result;
  for (uint32_t group = (*traces)->first_group[row]; group <= (*traces)->last_group[row]; ++group) {
    auto batch = row_group(**groups, group);
    if (!batch) {
      result = std::unexpected(batch.error());  // the other groups are still worth visiting
      continue;
    }
    for (const otlp::SpanRef& ref : (*batch)->spans())
      if (ref.trace_id == id) visit(**batch, ref);
  }
  return result;
}

Result<void> Block::visit_operations(const OperationVisitor& visit) const {
  auto operations = this->operations();
  if (!operations) return std::unexpected(operations.error());
  for (const OperationKey& operation : **operations) visit(operation);
  return {};
}

}  // namespace clew::store
