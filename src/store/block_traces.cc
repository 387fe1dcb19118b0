// Looking a trace up in a block by its ID.
#include <algorithm>

#include "store/block.h"
#include "store/group_errors.h"

namespace clew::store {
namespace {

/// What the pieces of a row group cover, by number of piece.
using GroupExtents = std::vector<TraceExtent>;

/// A row group decoded, whole or some rows of it, with all that they need. Any thread.
struct LoadedGroup {
  std::unique_ptr<SegmentRows> rows;
  std::unique_ptr<GroupReader> reader;

  /// Reads what the group's codes mean, and its pieces; no rows yet.
  Result<void> open(const SegmentReader& segment, uint32_t number);
  Result<void> load_rows();
  /// Rows of a piece alone, and the attributes of them that are wanted.
  Result<void> load_rows(GroupReader::RowRange wanted, const AttributeChoice& attributes);
  GroupReader::RowRange rows_of(uint32_t piece) const {
    std::span<const uint32_t> ends = *reader->piece_ends();
    return {piece == 0 ? 0 : ends[piece - 1], ends[piece]};
  }
};

/// A row group with what its spans' outlines need. Any thread.
struct GroupOutlines {
  std::unique_ptr<SegmentRows> rows;
  std::unique_ptr<GroupReader> reader;
  std::vector<uint8_t> errors;  // by row: 1 if the span is an error

  Result<void> load(const SegmentReader& segment, uint32_t number);
  /// Visits the spans of a piece. Fails if an operation is none.
  Result<void> visit(uint32_t piece, const OutlineVisitor& visit) const;
  /// True if a span of a piece is wanted.
  bool any(uint32_t piece, const std::function<bool(const SpanId&)>& wanted) const;
};

/// What a Cache::Key's `kind` says; SegmentReader has those from 0 to 6 of each eight, and a block
/// has fewer segments than these.
constexpr uint32_t kExtents = 7;
constexpr uint32_t kLoaded = uint32_t{1} << 31;
constexpr uint32_t kOutlines = uint32_t{1} << 30;

/// A piece of fewer rows than one in so many of its group is decoded alone.
constexpr uint32_t kSmallPart = 4;

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

Result<void> LoadedGroup::open(const SegmentReader& segment, uint32_t number) {
  auto opened = SegmentRows::open(segment);
  if (!opened) return std::unexpected(opened.error());
  rows = std::move(*opened);
  reader = rows->read(number);
  return in_order([&] { return rows->vocabulary().load_all(); },
                  [&]() -> Result<void> {
                    auto ends = reader->piece_ends();
                    return ends ? Result<void>() : std::unexpected(ends.error());
                  });
}

Result<void> LoadedGroup::load_rows() {
  return in_order([&] { return reader->read_all(); }, [&] { return reader->load_rows(); });
}

Result<void> LoadedGroup::load_rows(GroupReader::RowRange wanted,
                                    const AttributeChoice& attributes) {
  auto columns = wanted_columns(rows->vocabulary(), attributes);
  bool all = std::ranges::count(columns, 0) == 0;
  return in_order([&] { return all ? reader->read_all() : Result<void>(); },
                  [&] { return reader->load_rows(wanted, columns); });
}

/// A group with the rows of a piece at least, and the attributes of them that are wanted. Where
/// that is a small part of it only they are decoded, and nobody keeps them, until the group is
/// asked for again soon.
Result<std::shared_ptr<const LoadedGroup>> load_group(const SegmentReader& segment, uint32_t number,
                                                      uint32_t piece,
                                                      const AttributeChoice& attributes) {
  Cache& cache = segment.file().cache();
  Cache::Key key{segment.file().number(), kLoaded | segment.number(), number};
  if (auto known = cache.peek<LoadedGroup>(key)) return known;
  auto group = std::make_shared<LoadedGroup>();
  if (auto opened = group->open(segment, number); !opened) return std::unexpected(opened.error());
  GroupReader::RowRange wanted = group->rows_of(piece);
  bool is_small = (wanted.end - wanted.begin) * kSmallPart < group->reader->rows();
  if (is_small && !cache.missed_lately(key)) {
    auto loaded = group->load_rows(wanted, attributes);
    if (!loaded) return std::unexpected(loaded.error());
    return group;
  }
  return cache.get<LoadedGroup>(key, [&]() -> Result<Cache::Loaded<LoadedGroup>> {
    if (auto loaded = group->load_rows(); !loaded) return std::unexpected(loaded.error());
    return Cache::Loaded<LoadedGroup>{group, group->reader->memory_bytes()};
  });
}

Result<void> GroupOutlines::load(const SegmentReader& segment, uint32_t number) {
  auto opened = SegmentRows::open(segment);
  if (!opened) return std::unexpected(opened.error());
  rows = std::move(*opened);
  reader = rows->read(number);
  BlockVocabulary& vocabulary = rows->vocabulary();
  vocabulary.set_group(reader.get());
  if (auto loaded = reader->load_outlines(); !loaded) return loaded;
  auto marked = errors_of(*reader);
  if (!marked) return std::unexpected(marked.error());
  errors = std::move(*marked);
  reader->forget_codes();
  if (vocabulary.operations() == 0 || vocabulary.error())
    return std::unexpected(vocabulary.error().value_or(Error{Code::kMalformed, "no operations"}));
  return {};
}

Result<void> GroupOutlines::visit(uint32_t piece, const OutlineVisitor& visit) const {
  std::span<const uint32_t> ends = *reader->piece_ends();
  const TraceId& trace = (*reader->trace_ids())[piece];
  for (uint32_t row = piece == 0 ? 0 : ends[piece - 1]; row < ends[piece]; ++row) {
    RowFields fields = reader->fields(row);
    OperationParts operation;
    if (!parse_operation(rows->vocabulary().operation(reader->operation(row)), operation))
      return std::unexpected(rows->segment().damaged_group(
          reader->number(), {Code::kMalformed, "an operation is none"}));
    visit({.id = fields.id,
           .parent = fields.parent,
           .start = fields.start,
           .duration = fields.duration(),
           .kind = operation.span_kind(),
           .is_error = errors[row] != 0,
           .service = operation.service,
           .name = operation.name,
           .trace = trace});
  }
  return {};
}

bool GroupOutlines::any(uint32_t piece, const std::function<bool(const SpanId&)>& wanted) const {
  std::span<const uint32_t> ends = *reader->piece_ends();
  for (uint32_t row = piece == 0 ? 0 : ends[piece - 1]; row < ends[piece]; ++row)
    if (wanted(reader->fields(row).id)) return true;
  return false;
}

Result<std::shared_ptr<const GroupOutlines>> outlines_of(const SegmentReader& segment,
                                                         uint32_t number) {
  Cache::Key key{segment.file().number(), kOutlines | segment.number(), number};
  return segment.file().cache().get<GroupOutlines>(
      key, [&]() -> Result<Cache::Loaded<GroupOutlines>> {
        auto group = std::make_shared<GroupOutlines>();
        if (auto loaded = group->load(segment, number); !loaded)
          return std::unexpected(loaded.error());
        return Cache::Loaded<GroupOutlines>{group,
                                            group->reader->memory_bytes() + group->errors.size()};
      });
}

/// Visits what is wanted of a piece of a row group.
Result<void> visit_piece(const SegmentReader& segment, uint32_t number, uint32_t piece,
                         const TraceId& trace, const SpanChoice& wanted,
                         const Part::SpanVisitor& visit) {
  auto group = load_group(segment, number, piece, wanted.attribute);
  if (!group) return std::unexpected(group.error());
  GroupReader& reader = *(*group)->reader;
  auto [begin, end] = (*group)->rows_of(piece);
  std::vector<Row> spans;
  for (uint32_t row = begin; row < end; ++row)
    if (!wanted.span || wanted.span(reader.fields(row).id)) spans.push_back(reader.row(row));
  GroupVocabulary vocabulary((*group)->rows->vocabulary(), reader);
  auto visited = visit_rows(vocabulary, trace, spans, wanted.attribute, visit);
  if (visited) return {};
  return std::unexpected(segment.damaged_group(number, visited.error()));
}

/// A trace of a block that may be the one with the ID.
struct Candidate {
  uint32_t trace = 0;
  TraceId id;
};

/// Adds the traces of the block that may be `id`.
Result<void> add_candidates(const BlockReader& block, const TraceId& id,
                            std::vector<Candidate>& candidates) {
  auto found = block.find_trace(id);
  if (!found) return std::unexpected(found.error());
  for (uint32_t trace : *found) candidates.push_back({trace, id});
  return {};
}

/// Calls visit(rows of the segment, group, piece of it, the ID) for each of them, in the order in
/// which they lie, so that a row group is decoded for all its traces one behind the other. All are
/// visited; the last error is returned.
template <typename Visit>
Result<void> visit_candidates(const BlockReader& block, std::vector<Candidate> candidates,
                              Visit&& visit) {
  std::ranges::sort(candidates, {}, &Candidate::trace);
  Result<void> result;
  std::unique_ptr<SegmentRows> rows;
  for (const auto& [trace, id] : candidates) {
    const SegmentReader& segment = block.segment_of(trace);
    if (!rows || &rows->segment() != &segment) {
      auto opened = SegmentRows::open(segment);
      if (!opened) {
        result = std::unexpected(opened.error());
        continue;
      }
      rows = std::move(*opened);
    }
    uint32_t in_segment = trace - segment.segment().first_trace;
    uint32_t number = rows->group_of(in_segment);
    auto visited = visit(*rows, number, in_segment - rows->group(number).first_trace, id);
    if (!visited) result = visited;
  }
  return result;
}

/// Calls visit(rows of the segment, group, piece of it) for each trace that may be `id`. All are
/// visited; the last error is returned.
template <typename Visit>
Result<void> visit_matching(const BlockReader& block, const TraceId& id, Visit&& visit) {
  std::vector<Candidate> candidates;
  if (auto added = add_candidates(block, id, candidates); !added) return added;
  return visit_candidates(block, std::move(candidates),
                          [&](SegmentRows& rows, uint32_t number, uint32_t piece, const TraceId&) {
                            return visit(rows, number, piece);
                          });
}

/// A step is a piece of a row group.
class BlockTrace final : public TraceCursor {
 public:
  /// `found` as BlockReader::find_trace gives it.
  BlockTrace(const BlockReader& block, const TraceId& id, std::vector<uint32_t> found)
      : block_(block), id_(id), found_(std::move(found)) {
    std::ranges::sort(found_);
  }

  Result<bool> next(const Part::SpanVisitor& visit) override {
    if (at_ == found_.size()) return false;
    uint32_t trace = found_[at_++];
    const SegmentReader& segment = block_.segment_of(trace);
    auto rows = SegmentRows::open(segment);
    if (!rows) return std::unexpected(rows.error());
    trace -= segment.segment().first_trace;
    uint32_t number = (*rows)->group_of(trace);
    uint32_t piece = trace - (*rows)->group(number).first_trace;
    auto ids = extents_of(**rows, number);
    if (!ids) return std::unexpected(ids.error());
    const TraceId& here = (**ids)[piece].id;
    if (!is_same_trace(here, id_)) return true;
    auto visited = visit_piece(segment, number, piece, here, {}, visit);
    if (!visited) return std::unexpected(visited.error());
    return true;
  }

 private:
  const BlockReader& block_;
  const TraceId id_;
  std::vector<uint32_t> found_;
  size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<TraceCursor>> Block::open_trace(const TraceId& id) const {
  auto found = reader_->find_trace(id);
  if (!found) return std::unexpected(found.error());
  return std::make_unique<BlockTrace>(*reader_, id, *std::move(found));
}

Result<void> Block::visit_outlines(const TraceId& id, const OutlineVisitor& visit) const {
  return visit_matching(
      *reader_, id, [&](SegmentRows& rows, uint32_t number, uint32_t piece) -> Result<void> {
        auto group = outlines_of(rows.segment(), number);
        if (!group) return std::unexpected(group.error());
        const TraceId& here = (*(*group)->reader->trace_ids())[piece];
        return is_same_trace(here, id) ? (*group)->visit(piece, visit) : Result<void>();
      });
}

Result<std::optional<PartState>> Block::state_of(const TraceId& id) const {
  auto found = reader_->find_trace(id);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return PartState{.part = reader_->file().number(), .rows = 0};
}

Result<void> Block::visit_pieces(std::span<const TraceId> ids, const PieceVisitor& visit) const {
  Result<void> result;
  std::vector<Candidate> candidates;
  for (const TraceId& id : ids)
    if (auto added = add_candidates(*reader_, id, candidates); !added) result = added;
  auto collect = [&](SegmentRows& rows, uint32_t number, uint32_t piece,
                     const TraceId& id) -> Result<void> {
    auto group = outlines_of(rows.segment(), number);
    if (!group) return std::unexpected(group.error());
    const TraceId& here = (*(*group)->reader->trace_ids())[piece];
    if (!is_same_trace(here, id)) return {};
    std::vector<SpanOutline> spans;
    auto add = [&](const SpanOutline& span) { spans.push_back(span); };
    if (auto visited = (*group)->visit(piece, add); !visited) return visited;
    visit(here, spans);
    return {};
  };
  auto visited = visit_candidates(*reader_, std::move(candidates), collect);
  return visited ? result : visited;
}

Result<std::optional<TraceExtent>> Block::extent_of(const TraceId& id) const {
  std::optional<TraceExtent> extent;
  auto add = [&](SegmentRows& rows, uint32_t group, uint32_t piece) -> Result<void> {
    auto extents = extents_of(rows, group);
    if (!extents) return std::unexpected(extents.error());
    const TraceExtent& here = (**extents)[piece];
    if (is_same_trace(here.id, id)) extent = united(extent.value_or(TraceExtent()), here);
    return {};
  };
  if (auto visited = visit_matching(*reader_, id, add); !visited)
    return std::unexpected(visited.error());
  return extent;
}

Result<void> Block::visit_spans(const TraceId& id, const SpanChoice& wanted,
                                const SpanVisitor& visit) const {
  return visit_matching(*reader_, id,
                        [&](SegmentRows& rows, uint32_t number, uint32_t piece) -> Result<void> {
                          auto extents = extents_of(rows, number);
                          if (!extents) return std::unexpected(extents.error());
                          const TraceId& here = (**extents)[piece].id;
                          if (!is_same_trace(here, id)) return {};
                          if (wanted.span) {
                            auto group = outlines_of(rows.segment(), number);
                            if (!group) return std::unexpected(group.error());
                            if (!(*group)->any(piece, wanted.span)) return {};
                          }
                          return visit_piece(rows.segment(), number, piece, here, wanted, visit);
                        });
}

}  // namespace clew::store
