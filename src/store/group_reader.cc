#include "store/group_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "store/codec/bytes.h"
#include "store/codec/numbers.h"
#include "store/coding.h"
#include "store/context_choice.h"

namespace clew::store {

using namespace block_format;
using codec::decode_numbers;
using codec::unzigzag;

namespace {

Decoder content_of(const std::string& chunk) {
  return Decoder(std::string_view(chunk).substr(kChunkChecksumBytes));
}

Result<void> check(auto&& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

}  // namespace

GroupReader::GroupReader(const SegmentReader& segment, BlockVocabulary& vocabulary,
                         std::shared_ptr<const SegmentReader::Groups> groups,
                         std::shared_ptr<const Chunks> chunks, uint32_t number)
    : segment_(segment),
      vocabulary_(vocabulary),
      groups_(std::move(groups)),
      chunks_(std::move(chunks)),
      number_(number),
      wanted_{0, rows()},
      codes_(vocabulary.file_columns().size()),
      literals_(vocabulary.file_columns().size()) {}

Result<void> GroupReader::read_all() {
  auto bytes = segment_.group_bytes(group(), number_);
  if (!bytes) return std::unexpected(bytes.error());
  bytes_ = std::move(*bytes);
  return {};
}

std::unexpected<Error> GroupReader::damaged(std::string_view what) const {
  return std::unexpected(segment_.damaged_group(number_, {Code::kMalformed, std::string(what)}));
}

Result<std::string> GroupReader::chunk(uint32_t number) {
  const ChunkRef* ref = chunks_->find(number_, number);
  if (!ref) return damaged(fmt::format("has no chunk {}", number));
  return segment_.chunk(group(), number_, *ref, bytes_);
}

Result<void> GroupReader::load_traces() {
  if (!piece_ends_.empty()) return {};
  auto bytes = chunk(kTraces);
  if (!bytes) return std::unexpected(bytes.error());
  Decoder in = content_of(*bytes);
  std::vector<uint64_t> counts(group().traces), starts(group().traces);
  if (!decode_numbers(in, counts)) return damaged("traces do not decode");
  UnixNanos start = in.number<uint64_t>();
  if (!decode_numbers(in, starts) || !in.done()) return damaged("traces do not decode");
  uint64_t end = 0;
  std::vector<uint32_t> ends;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0 || counts[i] > rows()) return damaged("a trace has a wrong size");
    ends.push_back(static_cast<uint32_t>(end += counts[i]));
    piece_starts_.push_back(start += unzigzag(starts[i]));
  }
  if (end != rows()) return damaged("traces have other rows than the group");
  piece_ends_ = std::move(ends);
  return {};
}

Result<std::span<const uint32_t>> GroupReader::piece_ends() {
  if (auto loaded = load_traces(); !loaded) return std::unexpected(loaded.error());
  return piece_ends_;
}

Result<std::span<const UnixNanos>> GroupReader::piece_starts() {
  if (auto loaded = load_traces(); !loaded) return std::unexpected(loaded.error());
  return piece_starts_;
}

Result<std::span<const TraceId>> GroupReader::trace_ids() {
  if (!trace_ids_.empty()) return trace_ids_;
  auto bytes = chunk(kTraceIds);
  if (!bytes) return std::unexpected(bytes.error());
  std::string_view raw = content_of(*bytes).rest();
  if (raw.size() != group().traces * sizeof(TraceId)) return damaged("trace IDs are cut short");
  trace_ids_.resize(group().traces);
  std::memcpy(trace_ids_.data(), raw.data(), raw.size());
  return trace_ids_;
}

Result<std::span<const UnixNanos>> GroupReader::starts() {
  if (!starts_.empty()) return starts_;
  auto ends = piece_ends();
  if (!ends) return std::unexpected(ends.error());
  auto bytes = chunk(kStarts);
  if (!bytes) return std::unexpected(bytes.error());
  Decoder in = content_of(*bytes);
  std::vector<uint64_t> starts(rows());
  if (!decode_numbers(in, starts) || !in.done()) return damaged("starts do not decode");
  size_t row = 0;
  for (size_t piece = 0; piece < piece_ends_.size(); ++piece) {
    UnixNanos last = piece_starts_[piece];
    for (; row < piece_ends_[piece]; ++row) last = starts[row] = last + unzigzag(starts[row]);
  }
  starts_ = std::move(starts);
  return starts_;
}

Result<std::span<const uint64_t>> GroupReader::lengths() {
  if (!lengths_.empty()) return lengths_;
  auto bytes = chunk(kLengths);
  if (!bytes) return std::unexpected(bytes.error());
  Decoder in = content_of(*bytes);
  std::vector<uint64_t> lengths(rows());
  if (!decode_numbers(in, lengths) || !in.done()) return damaged("lengths do not decode");
  lengths_ = std::move(lengths);
  return lengths_;
}

Result<void> GroupReader::load_ids() {
  if (!span_ids_.empty()) return {};
  auto ids = chunk(kSpanIds);
  if (!ids) return std::unexpected(ids.error());
  std::string_view raw = content_of(*ids).rest();
  if (raw.size() != rows() * sizeof(SpanId)) return damaged("span IDs are cut short");
  std::vector<SpanId> span_ids(rows());
  std::memcpy(span_ids.data(), raw.data(), raw.size());

  auto bytes = chunk(kParents);
  if (!bytes) return std::unexpected(bytes.error());
  Decoder in = content_of(*bytes);
  std::vector<uint64_t> parents(rows());
  if (!decode_numbers(in, parents)) return damaged("parents do not decode");
  std::vector<SpanId> elsewhere(static_cast<size_t>(std::ranges::count(parents, uint64_t{2})));
  std::span<char> place(reinterpret_cast<char*>(elsewhere.data()),
                        elsewhere.size() * sizeof(SpanId));
  if (!codec::decode_bytes(in, place) || !in.done()) return damaged("parents do not decode");
  parents_.resize(rows());
  parent_forms_.resize(rows());
  size_t next = 0;
  for (size_t i = 0; i < rows(); ++i) {
    parent_forms_[i] = parents[i] == 0   ? ParentForm::kNone
                       : parents[i] == 1 ? ParentForm::kZero
                                         : ParentForm::kId;
    if (parents[i] < 2) continue;
    if (parents[i] == 2) {
      parents_[i] = elsewhere[next++];
      continue;
    }
    uint64_t row = i - unzigzag(parents[i] - 3);
    if (row >= rows()) return damaged("a parent is in no row");
    parents_[i] = span_ids[row];
  }
  span_ids_ = std::move(span_ids);
  return {};
}

Result<std::span<const uint32_t>> GroupReader::own(OwnColumn column) {
  if (auto loaded = load_codes(column); !loaded) return std::unexpected(loaded.error());
  return codes_[column].cells;
}

Result<std::span<const uint32_t>> GroupReader::cells(uint32_t column) {
  if (auto loaded = load_codes(column + kOwnColumns); !loaded)
    return std::unexpected(loaded.error());
  return codes_[column + kOwnColumns].cells;
}

/// Rows that have a column; for the block's own all. Columns that stand in the same shapes share
/// them.
Result<std::span<const uint32_t>> GroupReader::rows_with(uint32_t column) {
  std::vector<uint8_t> has;  // by shape
  std::span<const uint32_t> shapes;
  if (column >= kOwnColumns) {
    auto loaded = own(kShape);
    if (!loaded) return std::unexpected(loaded.error());
    shapes = *loaded;
    has.resize(vocabulary_.shapes());
    for (uint32_t shape = 0; shape < has.size(); ++shape)
      has[shape] = vocabulary_.shape_has(shape, column - kOwnColumns) ? 1 : 0;
  }
  for (const RowList& list : row_lists_)
    if (list.has == has) return list.rows;
  std::vector<uint32_t> rows(this->rows() + 1);
  uint32_t count = 0;
  for (uint32_t row = 0; row < this->rows(); ++row) {
    rows[count] = row;
    count += has.empty() ? 1 : has[shapes[row]];
  }
  rows.resize(count);
  row_lists_.push_back({std::move(has), std::move(rows)});
  return row_lists_.back().rows;
}

/// Those that are wanted; they are in ascending order.
std::span<const uint32_t> GroupReader::within(std::span<const uint32_t> rows) const {
  auto begin = std::ranges::lower_bound(rows, wanted_.begin);
  auto end = std::ranges::lower_bound(begin, rows.end(), wanted_.end);
  return {begin, end};
}

Result<void> GroupReader::load_codes(uint32_t column) {
  if (codes_[column].loaded) return {};
  const Context& context = vocabulary_.file_columns()[column].context;
  // Contexts stand before their columns, so this ends.
  if (context.kind == ContextKind::kColumn)
    if (auto loaded = load_codes(context.column); !loaded) return loaded;
  auto rows = rows_with(column);
  if (!rows) return std::unexpected(rows.error());
  if (auto loaded = load_traces(); !loaded) return loaded;
  auto coded = read_codes(column, rows->size());
  if (!coded) return std::unexpected(coded.error());
  CodedRows placed{.rows = *rows, .ranks = coded->ranks, .escapes = coded->escapes};
  size_t first_literal = 0, literals = 0;
  if (is_cut(column)) {
    literals = count_literals(column, placed);
    CodedRows before = cut(placed);
    first_literal = count_literals(column, before);
  }
  if (auto done = place_codes(column, placed); !done) return done;
  if (!fill_cells(column, placed.rows, first_literal)) return damaged("a code has no value");
  if (is_cut(column)) {
    if (literals_[column].count > literals) return damaged("a code has no value");
    literals_[column].count = literals;
  }
  codes_[column].loaded = true;
  return {};
}

/// What the chunk of a column's codes says of its rows.
Result<GroupReader::Coded> GroupReader::read_codes(uint32_t column, size_t count) {
  Coded coded{.ranks = std::vector<uint8_t>(count)};
  if (count == 0) return coded;
  auto bytes = chunk(codes_chunk(column));
  if (!bytes) return std::unexpected(bytes.error());
  Decoder in = content_of(*bytes);
  if (!codec::decode_bytes(in, {reinterpret_cast<char*>(coded.ranks.data()), count}))
    return damaged("ranks do not decode");
  coded.escapes.resize(codec::count_ranks(coded.ranks, codec::RankTable::kEscape));
  if (!decode_numbers(in, coded.escapes) || !in.done()) return damaged("codes do not decode");
  return coded;
}

/// Leaves the wanted rows, and returns those before them.
GroupReader::CodedRows GroupReader::cut(CodedRows& coded) const {
  std::span<const uint32_t> rows = within(coded.rows);
  auto count = static_cast<size_t>(rows.data() - coded.rows.data());
  CodedRows before{.rows = coded.rows.first(count), .ranks = coded.ranks.first(count)};
  size_t escapes = codec::count_ranks(before.ranks, codec::RankTable::kEscape);
  before.escapes = coded.escapes.first(escapes);
  coded = {.rows = rows,
           .ranks = coded.ranks.subspan(count, rows.size()),
           .escapes = coded.escapes.subspan(escapes)};
  return before;
}

/// How many rows have a literal of their own, of a column whose codes stand without a context.
size_t GroupReader::count_literals(uint32_t column, const CodedRows& coded) const {
  if (chunks_->find(number_, literals_chunk(column)) == nullptr) return 0;
  auto table = segment_.ranks(vocabulary_.file_columns(), column);
  if (!table) return 0;  // as place_codes() will find, too
  uint8_t rank = (*table)->known_rank_of(0, kLiteralCode);
  size_t escaped = static_cast<size_t>(std::ranges::count(coded.escapes, kLiteralCode));
  return escaped + (rank == codec::RankTable::kEscape ? 0 : codec::count_ranks(coded.ranks, rank));
}

/// From ranks to codes.
Result<void> GroupReader::place_codes(uint32_t column, const CodedRows& coded) {
  auto [rows, ranks, escapes] = coded;
  auto table = segment_.ranks(vocabulary_.file_columns(), column);
  if (!table) return std::unexpected(table.error());
  const Context& context = vocabulary_.file_columns()[column].context;
  std::vector<uint32_t>& dense = codes_[column].dense;
  dense = spare();
  dense.assign(this->rows(), 0);
  size_t escape = 0;
  bool whole = true;
  auto code_of = [&](uint32_t at, uint8_t rank) {
    uint32_t code = rank == codec::RankTable::kEscape
                        ? static_cast<uint32_t>(
                              std::min<uint64_t>(escapes[escape++], codec::RankTable::kNoValue))
                        : (*table)->value_of(at, rank);
    whole = whole && code != codec::RankTable::kNoValue;
    return whole ? code : 0;
  };
  switch (context.kind) {
    case ContextKind::kNone:
      for (size_t i = 0; i < rows.size(); ++i) dense[rows[i]] = code_of(0, ranks[i]) + 1;
      break;
    case ContextKind::kPrevious: {
      PreviousContext previous(piece_ends_);
      for (size_t i = 0; i < rows.size(); ++i) {
        uint32_t code = code_of(previous.at(rows[i]), ranks[i]);
        previous.set(code);
        dense[rows[i]] = code + 1;
      }
      break;
    }
    case ContextKind::kColumn: {
      const std::vector<uint32_t>& other = codes_[context.column].dense;
      for (size_t i = 0; i < rows.size(); ++i)
        dense[rows[i]] = code_of(other[rows[i]], ranks[i]) + 1;
    }
  }
  if (!whole) return damaged("a rank has no code");
  return {};
}

std::vector<uint32_t> GroupReader::spare() {
  if (spare_.empty()) return {};
  std::vector<uint32_t> last = std::move(spare_.back());
  spare_.pop_back();
  return last;
}

/// From codes to cells. False if a code is not in the dictionary or repeats what was not there.
bool GroupReader::fill_cells(uint32_t column, std::span<const uint32_t> rows,
                             size_t first_literal) {
  Codes& codes = codes_[column];
  uint32_t values = vocabulary_.file_columns()[column].values;
  auto literals = static_cast<uint32_t>(first_literal);
  bool may_be_literal = column >= kOwnColumns;
  codes.cells = spare();
  codes.cells.assign(this->rows(), kNoCell);
  for (uint32_t row : rows) {
    uint32_t code = codes.dense[row] - 1;
    if (code >= kFirstCode) {
      if (code - kFirstCode >= values) return false;
      codes.cells[row] = code - kFirstCode;
    } else {
      if (!may_be_literal || (code == kRepeatCode && literals == 0)) return false;
      if (code == kLiteralCode) ++literals;
      codes.cells[row] = kLiteral | (literals - 1);
    }
  }
  literals_[column].count = literals;
  return true;
}

Result<std::vector<uint64_t>> GroupReader::literal_templates(uint32_t column) {
  uint32_t file_column = column + kOwnColumns;
  if (auto loaded = load_codes(file_column); !loaded) return std::unexpected(loaded.error());
  std::vector<uint64_t> templates(literals_[file_column].count);
  if (templates.empty()) return templates;
  auto bytes = chunk(literals_chunk(file_column));
  if (!bytes) return std::unexpected(bytes.error());
  Decoder in = content_of(*bytes);
  if (!codec::decode_text_templates(in, templates)) return damaged("literals do not decode");
  return templates;
}

Result<void> GroupReader::load_literals(uint32_t column) {
  uint32_t file_column = column + kOwnColumns;
  if (auto loaded = load_codes(file_column); !loaded) return loaded;
  Literals& literals = literals_[file_column];
  codec::TextRange wanted = wanted_literals(file_column);
  if (literals.loaded || wanted.begin >= wanted.end) return {};
  auto bytes = chunk(literals_chunk(file_column));
  if (!bytes) return std::unexpected(bytes.error());
  Decoder in = content_of(*bytes);
  CellType type = vocabulary_.column(column).type;
  if (is_number(type)) {
    std::vector<uint64_t> numbers(literals.count);
    if (!decode_numbers(in, numbers)) return damaged("literals do not decode");
    if (type == CellType::kInt)
      for (uint64_t& number : numbers) number = unzigzag(number);
    literals.numbers.assign(reinterpret_cast<const char*>(numbers.data()),
                            numbers.size() * sizeof(uint64_t));
  } else if (type == CellType::kText) {
    auto templates = segment_.templates(vocabulary_.file_columns(), file_column);
    if (!templates) return std::unexpected(templates.error());
    literals.first = wanted.begin;
    if (!codec::decode_texts(in, literals.count, kMaxLiteralBytes, **templates, literals.texts,
                             wanted))
      return damaged("literals do not decode");
  } else {
    std::vector<uint64_t> sizes(literals.count);
    if (!decode_numbers(in, sizes)) return damaged("literals do not decode");
    uint64_t end = 0;
    for (uint64_t size : sizes) {
      if (size > kMaxLiteralBytes || (end += size) > kMaxLiteralBytes)
        return damaged("literals are too large");
      literals.texts.ends.push_back(static_cast<uint32_t>(end));
    }
    literals.texts.bytes.resize(end);
    if (!codec::decode_bytes(in, literals.texts.bytes)) return damaged("literals do not decode");
  }
  if (!in.done()) return damaged("literals have a wrong size");
  literals.loaded = true;
  return {};
}

std::string_view GroupReader::literal(uint32_t column, uint32_t cell) const {
  const Literals& literals = literals_[column + kOwnColumns];
  size_t number = cell & ~kLiteral;
  if (is_number(vocabulary_.column(column).type))
    return std::string_view(literals.numbers).substr(number * sizeof(uint64_t), sizeof(uint64_t));
  return literals.texts[number - literals.first];
}

Result<void> GroupReader::load_outlines() {
  return in_order([&] { return load_ids(); }, [&] { return check(trace_ids()); },
                  [&] { return check(starts()); }, [&] { return check(lengths()); },
                  [&] { return load_codes(kOperation); });
}

void GroupReader::forget_codes() {
  // Assigned and not cleared, so that their memory goes.
  for (Codes& codes : codes_) codes.dense = std::vector<uint32_t>();
  row_lists_ = std::vector<RowList>();
  spare_.clear();
  bytes_ = std::string();
}

Result<void> GroupReader::load_rows(RowRange wanted, std::span<const uint8_t> columns) {
  if (wanted.begin != 0 || wanted.end != rows()) {
    wanted_ = wanted;
    choose_columns();
  }
  auto loaded = in_order([&] { return load_outlines(); }, [&] { return load_codes(kResource); },
                         [&] { return load_codes(kScope); }, [&] { return load_codes(kShape); });
  if (!loaded) return loaded;
  if (auto error = vocabulary_.shape_error()) return std::unexpected(*error);
  std::vector<std::vector<CellPlace>> places = place_cells();
  std::vector<uint8_t> is_context = contexts();
  for (uint32_t column = 0; column < places.size(); ++column) {
    if (places[column].empty() || (!columns.empty() && columns[column] == 0)) continue;
    if (auto filled = load_row_cells(column, places[column]); !filled) return filled;
    Codes& codes = codes_[column + kOwnColumns];
    spare_.push_back(std::exchange(codes.cells, {}));
    if (is_context[column + kOwnColumns] == 0) spare_.push_back(std::exchange(codes.dense, {}));
  }
  forget_codes();
  return {};
}

/// Says of which columns all rows are needed: the shapes, by which rows of others are counted;
/// those with literals, which are counted from the first row on (without a context by their ranks
/// alone); and those that they are read by.
void GroupReader::choose_columns() {
  const SegmentReader::Columns& columns = vocabulary_.file_columns();
  is_whole_.assign(columns.size(), 0);
  for (auto column = static_cast<uint32_t>(columns.size()); column-- > 0;) {
    const Context& context = columns[column].context;
    bool counts = context.kind != ContextKind::kNone &&
                  chunks_->find(number_, literals_chunk(column)) != nullptr;
    if (column == kShape || counts) is_whole_[column] = 1;
    if (is_whole_[column] != 0 && context.kind == ContextKind::kColumn)
      is_whole_[context.column] = 1;
  }
}

/// The literals that wanted rows have.
codec::TextRange GroupReader::wanted_literals(uint32_t file_column) const {
  codec::TextRange wanted{.begin = 0, .end = literals_[file_column].count};
  if (is_whole_.empty()) return wanted;
  std::swap(wanted.begin, wanted.end);
  for (uint32_t row = wanted_.begin; row < wanted_.end; ++row) {
    uint32_t cell = codes_[file_column].cells[row];
    if (cell == kNoCell || (cell & kLiteral) == 0) continue;
    wanted.begin = std::min<size_t>(wanted.begin, cell & ~kLiteral);
    wanted.end = std::max<size_t>(wanted.end, (cell & ~kLiteral) + 1);
  }
  return wanted;
}

/// Gives each row room for its cells. By column: its places in the shapes that rows have.
std::vector<std::vector<GroupReader::CellPlace>> GroupReader::place_cells() {
  std::vector<std::vector<CellPlace>> places(vocabulary_.columns());
  std::vector<uint8_t> seen(vocabulary_.shapes());
  uint32_t end = 0;
  for (uint32_t row = wanted_.begin; row < wanted_.end; ++row) {
    uint32_t shape = codes_[kShape].cells[row];
    std::span<const uint32_t> columns = vocabulary_.shape(shape);
    row_begins_.push_back(end);
    end += static_cast<uint32_t>(columns.size());
    if (std::exchange(seen[shape], 1) != 0) continue;
    for (uint32_t at = 0; at < columns.size(); ++at) places[columns[at]].push_back({shape, at});
  }
  row_cells_.resize(end);
  return places;
}

/// By column of the file: 1 if the codes of another are read by its codes.
std::vector<uint8_t> GroupReader::contexts() const {
  std::vector<uint8_t> is_context(codes_.size());
  for (const Column& column : vocabulary_.file_columns())
    if (column.context.kind == ContextKind::kColumn) is_context[column.context.column] = 1;
  return is_context;
}

/// Puts the cells of a column into their rows.
Result<void> GroupReader::load_row_cells(uint32_t column, std::span<const CellPlace> places) {
  if (auto loaded = load_literals(column); !loaded) return loaded;
  auto rows = rows_with(column + kOwnColumns);
  if (!rows) return std::unexpected(rows.error());
  std::vector<uint32_t> at(vocabulary_.shapes());
  for (const CellPlace& place : places) at[place.shape] = place.at;
  const std::vector<uint32_t>& cells = codes_[column + kOwnColumns].cells;
  const std::vector<uint32_t>& shapes = codes_[kShape].cells;
  for (uint32_t row : within(*rows))
    row_cells_[row_begins_[row - wanted_.begin] + at[shapes[row]]] = cells[row];
  return {};
}

size_t GroupReader::memory_bytes() const {
  size_t bytes = rows() * (2 * sizeof(SpanId) + 3 * sizeof(uint64_t));
  bytes += (row_cells_.size() + row_begins_.size()) * sizeof(uint32_t);
  for (const Codes& codes : codes_) bytes += codes.cells.size() * sizeof(uint32_t);
  for (const Literals& literals : literals_)
    bytes += literals.numbers.size() + literals.texts.bytes.size() +
             literals.texts.ends.size() * sizeof(uint32_t);
  return bytes;
}

Row GroupReader::row(uint32_t number) const {
  return {.fields = fields(number),
          .operation = codes_[kOperation].cells[number],
          .resource = codes_[kResource].cells[number],
          .scope = codes_[kScope].cells[number],
          .shape = codes_[kShape].cells[number],
          .cells = row_cells_.data() + row_begins_[number - wanted_.begin]};
}

}  // namespace clew::store
