// Spans as rows of numbers: what heads hold, what blocks hold decoded, what is written into blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "otlp/batch.h"
#include "store/span_outline.h"
#include "store/span_parts.h"

namespace clew::store {

/// A cell with this bit is a value of its own (the other bits find it); without it a code of the
/// column's dictionary.
inline constexpr uint32_t kLiteral = uint32_t{1} << 31;
/// What stands for a cell that the row does not have. No dictionary has so many values.
inline constexpr uint32_t kNoCell = UINT32_MAX;

/// One span. Its shape says which columns its cells belong to, in order.
struct Row {
  RowFields fields;
  uint32_t operation;
  uint32_t resource;
  uint32_t scope;
  uint32_t shape;
  const uint32_t* cells;
};

/// What the numbers in rows mean. Codes are from 0 to the size of their dictionary. Any thread.
class Vocabulary {
 public:
  virtual ~Vocabulary() = default;

  virtual uint32_t operations() const = 0;
  virtual std::string_view operation(uint32_t code) const = 0;  // as operation_bytes()
  virtual uint32_t resources() const = 0;
  virtual std::string_view resource(uint32_t code) const = 0;  // as group_bytes()
  virtual uint32_t scopes() const = 0;
  virtual std::string_view scope(uint32_t code) const = 0;  // as group_bytes()
  virtual uint32_t shapes() const = 0;
  /// Its columns, in the order of the span's cells, each once.
  virtual std::span<const uint32_t> shape(uint32_t code) const = 0;
  virtual uint32_t columns() const = 0;
  virtual const ColumnKey& column(uint32_t column) const = 0;

  /// Size of a column's dictionary.
  virtual uint32_t values(uint32_t column) const = 0;
  /// The value of a cell, a literal or a code; numbers as 8 bytes.
  virtual std::string_view value(uint32_t column, uint32_t cell) const = 0;
  /// True if the column has cells that are literals.
  virtual bool has_literals(uint32_t column) const = 0;
  /// True for a dictionary value that was used so seldom that it had better been a literal.
  virtual bool is_rare(uint32_t /*column*/, uint32_t /*code*/) const { return false; }
};

/// The cell as SpanCell; a view of the vocabulary.
SpanCell span_cell(const Vocabulary& vocabulary, uint32_t column, uint32_t cell);

/// The value of a cell, as searches test it. nullopt if the cell is no attribute or an attribute
/// without a value.
std::optional<otlp::Value> cell_value(const ColumnKey& key, std::string_view bytes);

/// By column: 1 unless it is an attribute that is not wanted. Attributes whose key is not the
/// column's own (ColumnKey::key) are always wanted.
std::vector<uint8_t> wanted_columns(const Vocabulary& vocabulary, const AttributeChoice& wanted);

/// Puts rows of one trace together as batches, in order within a resource and scope, and visits
/// each span of them; attributes that are not wanted are left out, and their cells are not looked
/// at. Fails with kMalformed on rows that are no spans, as only a damaged block has
/// them.
Result<void> visit_rows(const Vocabulary& vocabulary, const TraceId& trace,
                        std::span<const Row> rows, const AttributeChoice& wanted,
                        const std::function<void(const otlp::Batch&, const otlp::SpanRef&)>& visit);

}  // namespace clew::store
