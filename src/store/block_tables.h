// What grows while a block is written: its dictionaries and columns, and how the numbers of a
// source (a head, another block) become its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "store/block_format.h"
#include "store/codec/presence.h"
#include "store/codec/ranks.h"
#include "store/codec/texts.h"
#include "store/dictionary.h"
#include "store/rows.h"

namespace clew::store {

/// One column of the block that is being written.
struct BlockColumn {
  ColumnKey key;
  Dictionary values;
  block_format::Context context;
  codec::RankTable ranks;
  codec::Templates templates;
  codec::PresenceBuilder presence;
  bool has_literals = false;
};

/// All of them; the first block_format::kOwnColumns are operation, resource, scope and shape.
class BlockTables {
 public:
  BlockTables();

  std::vector<std::unique_ptr<BlockColumn>>& columns() { return columns_; }
  BlockColumn& column(uint32_t number) { return *columns_[number]; }
  uint32_t column_of(const ColumnKey& key);
  /// The columns of a shape that shape_of() numbered.
  const std::vector<uint32_t>& shape(uint32_t code) const { return shapes_[code]; }
  uint32_t shape_of(const std::vector<uint32_t>& columns);

 private:
  std::vector<std::unique_ptr<BlockColumn>> columns_;
  Dictionary keys_;
  std::vector<std::vector<uint32_t>> shapes_;
};

/// From one source's codes to the block's. Each is looked up once.
class SourceMap {
 public:
  static constexpr uint32_t kUnknown = UINT32_MAX;
  static constexpr uint32_t kAsLiteral = UINT32_MAX - 1;

  /// One cell of a shape: its column in the source and in the block, and codes of the one by codes
  /// of the other, kUnknown where none was asked for yet.
  struct Cell {
    uint32_t source_column;
    uint32_t column;
    uint32_t* codes;
  };
  struct Shape {
    uint32_t code = kUnknown;  // in the block
    std::vector<Cell> cells;
  };

  /// `source` has all values that rows will name.
  SourceMap(const Vocabulary& source, BlockTables& tables);

  uint32_t operation(uint32_t code) { return own(block_format::kOperation, code); }
  uint32_t resource(uint32_t code) { return own(block_format::kResource, code); }
  uint32_t scope(uint32_t code) { return own(block_format::kScope, code); }
  const Shape& shape(uint32_t code) {
    Shape& known = shapes_[code];
    if (known.code == kUnknown) add_shape(code, known);
    return known;
  }
  /// A code of a cell's column: the block's code, or kAsLiteral if the value had better stand for
  /// itself.
  uint32_t value(const Cell& cell, uint32_t code) {
    uint32_t known = cell.codes[code];
    return known != kUnknown ? known : add_value(cell, code);
  }

 private:
  uint32_t own(block_format::OwnColumn column, uint32_t code) {
    uint32_t& known = own_[column][code];
    return known != kUnknown ? known : known = add_own(column, code);
  }
  uint32_t add_own(block_format::OwnColumn column, uint32_t code);
  void add_shape(uint32_t code, Shape& shape);
  uint32_t add_value(const Cell& cell, uint32_t code);

  const Vocabulary& source_;
  BlockTables& tables_;
  std::vector<uint32_t> own_[3];               // operation, resource, scope
  std::vector<Shape> shapes_;                  // by the source's code
  std::vector<std::vector<uint32_t>> values_;  // by the source's column
};

}  // namespace clew::store
