#include "store/block_tables.h"

#include "store/coding.h"

namespace clew::store {
namespace {

using block_format::kOwnColumns;

/// A dictionary of a block that has so many values takes no more of them: they become literals.
constexpr size_t kMostValues = 128 << 10;

}  // namespace

BlockTables::BlockTables() {
  for (uint32_t i = 0; i < kOwnColumns; ++i) columns_.push_back(std::make_unique<BlockColumn>());
}

uint32_t BlockTables::column_of(const ColumnKey& key) {
  uint32_t code = keys_.find_or_insert(key.encode());
  if (code + kOwnColumns == columns_.size()) {
    columns_.push_back(std::make_unique<BlockColumn>());
    columns_.back()->key = key;
  }
  return code + kOwnColumns;
}

uint32_t BlockTables::shape_of(const std::vector<uint32_t>& columns) {
  std::string_view bytes(reinterpret_cast<const char*>(columns.data()),
                         columns.size() * sizeof(uint32_t));
  uint32_t code = columns_[block_format::kShape]->values.find_or_insert(bytes);
  if (code == shapes_.size()) shapes_.push_back(columns);
  return code;
}

SourceMap::SourceMap(const Vocabulary& source, BlockTables& tables)
    : source_(source), tables_(tables), shapes_(source.shapes()), values_(source.columns()) {
  own_[block_format::kOperation].resize(source.operations(), kUnknown);
  own_[block_format::kResource].resize(source.resources(), kUnknown);
  own_[block_format::kScope].resize(source.scopes(), kUnknown);
}

uint32_t SourceMap::add_own(block_format::OwnColumn column, uint32_t code) {
  std::string_view value = column == block_format::kOperation  ? source_.operation(code)
                           : column == block_format::kResource ? source_.resource(code)
                                                               : source_.scope(code);
  return tables_.column(column).values.find_or_insert(value);
}

void SourceMap::add_shape(uint32_t code, Shape& shape) {
  std::vector<uint32_t> columns;
  for (uint32_t column : source_.shape(code)) {
    columns.push_back(tables_.column_of(source_.column(column)));
    values_[column].resize(source_.values(column), kUnknown);
    shape.cells.push_back({column, columns.back(), values_[column].data()});
  }
  shape.code = tables_.shape_of(columns);
}

uint32_t SourceMap::add_value(const Cell& cell, uint32_t code) {
  uint32_t& known = cell.codes[code];
  Dictionary& values = tables_.column(cell.column).values;
  if (source_.is_rare(cell.source_column, code)) return known = kAsLiteral;
  std::string_view value = source_.value(cell.source_column, code);
  uint64_t hash = hash_of(value);
  uint32_t found = values.find(value, hash);
  if (found != Dictionary::kNone) return known = found;
  if (values.size() >= kMostValues) return known = kAsLiteral;
  return known = values.insert(value, hash);
}

}  // namespace clew::store
