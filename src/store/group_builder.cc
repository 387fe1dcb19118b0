#include "store/group_builder.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <tuple>

#include "store/codec/numbers.h"
#include "store/coding.h"
#include "store/start_time.h"

namespace clew::store {
namespace {

using namespace block_format;

/// Up to this many rows a parent is looked for one by one.
constexpr size_t kFewRows = 64;
/// A row is compared with at most this many before it that have its start and ID: a client that
/// gives all its spans one ID shall not make it quadratic.
constexpr size_t kMostCompared = 64;

enum Parent : uint64_t { kNoParent, kZeroParent, kParentElsewhere, kFirstDistance };

}  // namespace

void GroupBuilder::begin_trace(const TraceId& id, std::span<const SourceRow> rows) {
  rows_.clear();
  next_ = 0;
  id_ = id;
  start_ = 0;
  for (const SourceRow& row : rows) {
    rows_.push_back(&row);
    start_ = earlier(start_, row.row.fields.start);
  }
  std::ranges::stable_sort(rows_, {}, [](const SourceRow* row) {
    return std::tuple(row->row.fields.start, row->row.fields.id);
  });
  auto same_place = [](const SourceRow* a, const SourceRow* b) {
    return a->row.fields.start == b->row.fields.start && a->row.fields.id == b->row.fields.id;
  };
  if (std::ranges::adjacent_find(rows_, same_place) != rows_.end()) drop_duplicates();
}

/// Equal rows have an equal start and ID, so they stand in one run of such rows.
void GroupBuilder::drop_duplicates() {
  size_t kept = 0, run = 0;
  for (const SourceRow* row : rows_) {
    bool same_run = kept > 0 && row->row.fields.start == rows_[kept - 1]->row.fields.start &&
                    row->row.fields.id == rows_[kept - 1]->row.fields.id;
    run = same_run ? std::max(run, kept - std::min(kept, kMostCompared)) : kept;
    bool again = std::any_of(rows_.begin() + static_cast<ptrdiff_t>(run),
                             rows_.begin() + static_cast<ptrdiff_t>(kept),
                             [&](const SourceRow* other) { return equal(*other, *row); });
    if (again)
      ++duplicates_;
    else
      rows_[kept++] = row;
  }
  rows_.resize(kept);
}

bool GroupBuilder::equal(const SourceRow& a, const SourceRow& b) const {
  const RowFields &x = a.row.fields, &y = b.row.fields;
  const SourceMap::Shape &shape = a.map->shape(a.row.shape), &other = b.map->shape(b.row.shape);
  bool same = x.length == y.length && x.parent == y.parent && x.parent_form == y.parent_form &&
              a.map->operation(a.row.operation) == b.map->operation(b.row.operation) &&
              a.map->resource(a.row.resource) == b.map->resource(b.row.resource) &&
              a.map->scope(a.row.scope) == b.map->scope(b.row.scope) && shape.code == other.code;
  // By value: what one source has in its dictionary may be a literal in another.
  for (size_t i = 0; same && i < shape.cells.size(); ++i)
    same = a.vocabulary->value(shape.cells[i].source_column, a.row.cells[i]) ==
           b.vocabulary->value(other.cells[i].source_column, b.row.cells[i]);
  return same;
}

bool GroupBuilder::add_next(GroupData& group, uint32_t most) {
  size_t count = std::min<size_t>(rows_.size() - next_, most);
  if (count == 0) return false;
  ++piece_;
  size_t first = group.fields.size();
  group.traces.push_back({id_, start_, static_cast<uint32_t>(count)});
  for (size_t i = next_; i < next_ + count; ++i) add_row(group, *rows_[i]);
  add_parents(group, first);
  next_ += count;
  return true;
}

void GroupBuilder::add_row(GroupData& group, const SourceRow& source) {
  const Row& row = source.row;
  SourceMap& map = *source.map;
  const SourceMap::Shape& shape = map.shape(row.shape);
  if (before_.size() < tables_.columns().size()) before_.resize(tables_.columns().size());
  if (group.columns.size() < tables_.columns().size())
    group.columns.resize(tables_.columns().size());
  uint32_t number = group.rows();
  group.fields.push_back(row.fields);
  GroupData::Column* columns = group.columns.data();
  columns[kOperation].entries.push_back({number, kFirstCode + map.operation(row.operation)});
  columns[kResource].entries.push_back({number, kFirstCode + map.resource(row.resource)});
  columns[kScope].entries.push_back({number, kFirstCode + map.scope(row.scope)});
  columns[kShape].entries.push_back({number, kFirstCode + shape.code});
  for (size_t i = 0; i < shape.cells.size(); ++i) {
    const SourceMap::Cell& to = shape.cells[i];
    uint32_t cell = row.cells[i];
    uint32_t code = (cell & kLiteral) != 0 ? SourceMap::kAsLiteral : map.value(to, cell);
    code = code != SourceMap::kAsLiteral
               ? kFirstCode + code
               : literal_code(group, to.column, source.vocabulary->value(to.source_column, cell));
    columns[to.column].entries.push_back({number, code});
  }
}

uint32_t GroupBuilder::literal_code(GroupData& group, uint32_t column, std::string_view literal) {
  Before& before = before_[column];
  // Heads share what came moments ago, so mostly it is the very same memory.
  bool again = before.piece == piece_ && before.literal.size() == literal.size() &&
               (before.literal.data() == literal.data() || before.literal == literal);
  if (again) return kRepeatCode;
  before = {piece_, literal};
  group.columns[column].literals.push_back(literal);
  group.literal_bytes += literal.size();
  tables_.column(column).has_literals = true;
  return kLiteralCode;
}

void GroupBuilder::add_parents(GroupData& group, size_t first) {
  size_t end = group.fields.size();
  absl::flat_hash_map<uint64_t, size_t> by_id;
  if (end - first > kFewRows)
    for (size_t i = end; i-- > first;) by_id[get<uint64_t>(group.fields[i].id.raw(), 0)] = i;
  auto find = [&](size_t row, const SpanId& parent) -> size_t {
    if (end - first > kFewRows) {
      auto at = by_id.find(get<uint64_t>(parent.raw(), 0));
      return at == by_id.end() ? end : at->second;
    }
    for (size_t i = row; i-- > first;)
      if (group.fields[i].id == parent) return i;
    for (size_t i = row; i < end; ++i)
      if (group.fields[i].id == parent) return i;
    return end;
  };
  for (size_t i = first; i < end; ++i) {
    const RowFields& fields = group.fields[i];
    if (fields.parent_form != ParentForm::kId) {
      group.parents.push_back(fields.parent_form == ParentForm::kNone ? kNoParent : kZeroParent);
      continue;
    }
    size_t parent = find(i, fields.parent);
    group.parents.push_back(parent == end ? kParentElsewhere
                                          : kFirstDistance + codec::zigzag(i - parent));
  }
}

}  // namespace clew::store
