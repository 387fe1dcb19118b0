// The names and values that stand in a block.
#include <algorithm>

#include "store/block.h"

#include "store/vocabulary_visit.h"

namespace clew::store {

Result<std::shared_ptr<const Block>> Block::open(StoredBlock stored,
                                                 std::shared_ptr<const ReadFile> file, Cache& cache,
                                                 std::atomic<uint64_t>& damaged) {
  auto reader = BlockReader::open(std::move(stored), std::move(file), cache, damaged);
  if (!reader) return std::unexpected(reader.error());
  return std::shared_ptr<const Block>(new Block(std::move(*reader)));
}

bool Block::may_match(const Query& query) const {
  return footer().min_start <= query.filter().start_max &&
         footer().max_start >= query.filter().start_min;
}

Result<std::unique_ptr<SegmentRows>> SegmentRows::open(const SegmentReader& segment) {
  std::unique_ptr<SegmentRows> rows(new SegmentRows(segment));
  auto columns = segment.columns();
  if (!columns) return std::unexpected(columns.error());
  auto groups = segment.groups();
  if (!groups) return std::unexpected(groups.error());
  auto chunks = segment.chunks();
  if (!chunks) return std::unexpected(chunks.error());
  rows->groups_ = *groups;
  rows->chunks_ = *chunks;
  rows->vocabulary_ = std::make_unique<BlockVocabulary>(segment, *columns);
  return rows;
}

uint32_t SegmentRows::group_of(uint32_t trace) const {
  auto at = std::ranges::upper_bound(*groups_, trace, {}, &block_format::Group::first_trace);
  return static_cast<uint32_t>(at - groups_->begin()) - 1;
}

namespace {

/// Calls visit(vocabulary); an error is what could not be loaded for it.
template <typename Visit>
Result<void> visit_vocabulary(const SegmentReader& segment, Visit&& visit) {
  auto columns = segment.columns();
  if (!columns) return std::unexpected(columns.error());
  BlockVocabulary vocabulary(segment, *columns);
  visit(vocabulary);
  if (vocabulary.error()) return std::unexpected(*vocabulary.error());
  return {};
}

/// Events are in no dictionary: those of so many row groups, the newest, are looked through.
constexpr uint32_t kEventGroups = 4;

/// Calls visit(events of a span) for spans of a segment's newest row groups, until it returns
/// false.
template <typename Visit>
Result<void> visit_events(const SegmentReader& segment, Visit&& visit) {
  auto rows = SegmentRows::open(segment);
  if (!rows) return std::unexpected(rows.error());
  BlockVocabulary& vocabulary = (*rows)->vocabulary();
  for (uint32_t column = 0; column < vocabulary.columns(); ++column) {
    if (vocabulary.column(column).kind != ColumnKind::kEvents) continue;
    uint32_t groups = (*rows)->groups();
    for (uint32_t number = groups; number-- > groups - std::min(groups, kEventGroups);) {
      if ((*rows)->group(number).rows == 0) continue;
      auto group = (*rows)->read(number);
      if (auto loaded = group->load_literals(column); !loaded) return loaded;
      auto cells = group->cells(column);
      if (!cells) return std::unexpected(cells.error());
      for (uint32_t cell : *cells)
        if (cell != kNoCell && !visit(GroupVocabulary(vocabulary, *group).value(column, cell)))
          return {};
    }
  }
  if (vocabulary.error()) return std::unexpected(*vocabulary.error());
  return {};
}

}  // namespace

Result<void> Block::visit_operations(const OperationVisitor& visit) const {
  Result<void> result;
  for (const SegmentReader& segment : reader_->segments()) {
    auto visited = visit_vocabulary(segment, [&](const BlockVocabulary& vocabulary) {
      for (uint32_t code = 0; code < vocabulary.operations(); ++code) {
        OperationParts parts;
        if (parse_operation(vocabulary.operation(code), parts))
          visit({std::string(parts.service), std::string(parts.name), parts.span_kind()});
      }
    });
    if (!visited) result = visited;
  }
  return result;
}

Result<void> Block::visit_attributes(const AttributeVisitor& visit) const {
  Result<void> result;
  for (const SegmentReader& segment : reader_->segments()) {
    auto visited = visit_vocabulary(segment, [&](const BlockVocabulary& vocabulary) {
      visit_vocabulary_attributes(vocabulary, visit);
    });
    if (visited)
      visited = visit_events(
          segment, [&](std::string_view events) { return visit_event_attributes(events, visit); });
    if (!visited) result = visited;
  }
  return result;
}

Result<void> Block::visit_values(std::optional<AttributeScope> scope, std::string_view key,
                                 const ValueVisitor& visit) const {
  Result<void> result;
  for (const SegmentReader& segment : reader_->segments()) {
    auto visited = visit_vocabulary(segment, [&](const BlockVocabulary& vocabulary) {
      visit_vocabulary_values(vocabulary, scope, key, visit);
    });
    if (visited && scope.value_or(AttributeScope::kEvent) == AttributeScope::kEvent)
      visited = visit_events(
          segment, [&](std::string_view events) { return visit_event_values(events, key, visit); });
    if (!visited) result = visited;
  }
  return result;
}

}  // namespace clew::store
