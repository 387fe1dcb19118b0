#include "store/block.h"

#include <algorithm>

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

/// What the pieces of a row group cover, by number of piece.
using GroupExtents = std::vector<TraceExtent>;

/// A row group decoded, with all that it needs. Any thread.
struct LoadedGroup {
  std::unique_ptr<SegmentRows> rows;
  std::unique_ptr<GroupReader> reader;
};

/// What a Cache::Key's `kind` says; SegmentReader has those from 0 to 6 of each eight, and a block
/// has fewer segments than this.
constexpr uint32_t kExtents = 7;
constexpr uint32_t kLoaded = uint32_t{1} << 31;

Result<std::shared_ptr<const GroupExtents>> extents_of(SegmentRows& rows, uint32_t number) {
  const SegmentReader& segment = rows.segment();
  Cache::Key key{segment.file().number(), segment.number() * 8 + kExtents, number};
  return segment.file().cache().get<GroupExtents>(
      key, [&]() -> Result<Cache::Loaded<GroupExtents>> {
        auto group = rows.read(number);
        auto ids = group->trace_ids();
        if (!ids) return std::unexpected(ids.error());
        auto ends = group->piece_ends();
        if (!ends) return std::unexpected(ends.error());
        auto starts = group->starts();
        if (!starts) return std::unexpected(starts.error());
        auto lengths = group->lengths();
        if (!lengths) return std::unexpected(lengths.error());
        GroupExtents extents;
        uint32_t row = 0;
        for (size_t piece = 0; piece < ids->size(); ++piece) {
          TraceExtent& extent = extents.emplace_back(TraceExtent{.id = (*ids)[piece]});
          for (; row < (*ends)[piece]; ++row) {
            RowFields fields{.start = (*starts)[row], .length = (*lengths)[row]};
            extent.start = earlier(extent.start, fields.start);
            if (fields.start != 0)
              extent.end = std::max(extent.end, fields.start + fields.duration());
          }
        }
        size_t bytes = extents.size() * sizeof(TraceExtent);
        return Cache::Loaded<GroupExtents>{std::make_shared<const GroupExtents>(std::move(extents)),
                                           bytes};
      });
}

Result<std::shared_ptr<const LoadedGroup>> load_group(const SegmentReader& segment,
                                                      uint32_t number) {
  Cache::Key key{segment.file().number(), kLoaded | segment.number(), number};
  return segment.file().cache().get<LoadedGroup>(key, [&]() -> Result<Cache::Loaded<LoadedGroup>> {
    auto rows = SegmentRows::open(segment);
    if (!rows) return std::unexpected(rows.error());
    auto group = std::make_shared<LoadedGroup>();
    group->rows = std::move(*rows);
    group->reader = group->rows->read(number);
    auto loaded = in_order([&] { return group->rows->vocabulary().load_all(); },
                           [&] { return group->reader->read_all(); },
                           [&] { return group->reader->load_rows(); });
    if (!loaded) return std::unexpected(loaded.error());
    return Cache::Loaded<LoadedGroup>{group, group->reader->memory_bytes()};
  });
}

/// Calls visit(rows of the segment, group, piece of it) for each trace that may be `id`. All are
/// visited; the last error is returned.
template <typename Visit>
Result<void> visit_pieces(const BlockReader& block, const TraceId& id, Visit&& visit) {
  auto found = block.find_trace(id);
  if (!found) return std::unexpected(found.error());
  std::ranges::sort(*found);
  Result<void> result;
  std::unique_ptr<SegmentRows> rows;
  for (uint32_t trace : *found) {
    const SegmentReader& segment = block.segment_of(trace);
    if (!rows || &rows->segment() != &segment) {
      auto opened = SegmentRows::open(segment);
      if (!opened) {
        result = std::unexpected(opened.error());
        continue;
      }
      rows = std::move(*opened);
    }
    trace -= segment.segment().first_trace;
    uint32_t number = rows->group_of(trace);
    auto visited = visit(*rows, number, trace - rows->group(number).first_trace);
    if (!visited) result = visited;
  }
  return result;
}

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

Result<std::optional<TraceExtent>> Block::extent_of(const TraceId& id) const {
  std::optional<TraceExtent> extent;
  auto add = [&](SegmentRows& rows, uint32_t group, uint32_t piece) -> Result<void> {
    auto extents = extents_of(rows, group);
    if (!extents) return std::unexpected(extents.error());
    const TraceExtent& here = (**extents)[piece];
    if (is_same_trace(here.id, id)) extent = united(extent.value_or(TraceExtent()), here);
    return {};
  };
  if (auto visited = visit_pieces(*reader_, id, add); !visited)
    return std::unexpected(visited.error());
  return extent;
}

Result<void> Block::visit_spans(const TraceId& id, const SpanVisitor& visit) const {
  return visit_pieces(
      *reader_, id, [&](SegmentRows& rows, uint32_t number, uint32_t piece) -> Result<void> {
        auto ids = extents_of(rows, number);
        if (!ids) return std::unexpected(ids.error());
        if (!is_same_trace((**ids)[piece].id, id)) return {};
        auto group = load_group(rows.segment(), number);
        if (!group) return std::unexpected(group.error());
        GroupReader& reader = *(*group)->reader;
        std::span<const uint32_t> ends = *reader.piece_ends();
        WordArena cells;
        std::vector<Row> spans;
        for (uint32_t row = piece == 0 ? 0 : ends[piece - 1]; row < ends[piece]; ++row)
          spans.push_back(reader.row(row, cells));
        auto visited = visit_rows(GroupVocabulary((*group)->rows->vocabulary(), reader),
                                  (**ids)[piece].id, spans, visit);
        if (visited) return {};
        return std::unexpected(rows.segment().damaged_group(number, visited.error()));
      });
}

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
