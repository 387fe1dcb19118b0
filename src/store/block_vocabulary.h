// The dictionaries of a block, loaded when they are first asked for.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "store/block_reader.h"
#include "store/rows.h"

namespace clew::store {

class GroupReader;

/// Columns are numbered without the block's own: column c here is c + kOwnColumns in the file. What
/// cannot be loaded is empty, and error() says so afterwards. One thread.
class BlockVocabulary final : public Vocabulary {
 public:
  BlockVocabulary(const SegmentReader& segment,
                  std::shared_ptr<const SegmentReader::Columns> columns);

  /// Everything at once, so that no error comes later.
  Result<void> load_all();
  /// The first error met.
  const std::optional<Error>& error() const { return error_; }
  /// What is wrong with a shape, as which it then has no columns.
  const std::optional<Error>& shape_error() const;

  const SegmentReader::Columns& file_columns() const { return *columns_; }
  /// True if spans of the shape have the column.
  bool shape_has(uint32_t shape, uint32_t column) const;

  uint32_t operations() const override { return own_size(block_format::kOperation); }
  std::string_view operation(uint32_t code) const override {
    return own_value(block_format::kOperation, code);
  }
  uint32_t resources() const override { return own_size(block_format::kResource); }
  std::string_view resource(uint32_t code) const override {
    return own_value(block_format::kResource, code);
  }
  uint32_t scopes() const override { return own_size(block_format::kScope); }
  std::string_view scope(uint32_t code) const override {
    return own_value(block_format::kScope, code);
  }
  uint32_t shapes() const override;
  std::span<const uint32_t> shape(uint32_t code) const override;
  uint32_t columns() const override {
    return static_cast<uint32_t>(columns_->size() - block_format::kOwnColumns);
  }
  const ColumnKey& column(uint32_t column) const override {
    return (*columns_)[column + block_format::kOwnColumns].key;
  }
  uint32_t values(uint32_t column) const override {
    return own_size(column + block_format::kOwnColumns);
  }
  bool has_literals(uint32_t column) const override {
    return (*columns_)[column + block_format::kOwnColumns].has_literals;
  }
  /// Literals are those of the group that set_group() named.
  std::string_view value(uint32_t column, uint32_t cell) const override;
  void set_group(const GroupReader* group) { group_ = group; }

 private:
  const BlockValues& loaded(uint32_t file_column) const;
  uint32_t own_size(uint32_t file_column) const {
    return static_cast<uint32_t>(loaded(file_column).values.size());
  }
  /// Empty if the dictionary cannot be loaded.
  std::string_view own_value(uint32_t file_column, uint32_t code) const {
    const BlockValues& values = loaded(file_column);
    return code < values.values.size() ? values.values[code] : std::string_view();
  }
  void load_shapes() const;

  const SegmentReader& segment_;
  std::shared_ptr<const SegmentReader::Columns> columns_;
  const GroupReader* group_ = nullptr;
  mutable std::vector<std::shared_ptr<const BlockValues>> values_;  // by column of the file
  mutable std::optional<std::vector<std::vector<uint32_t>>> shapes_;
  mutable std::optional<Error> error_, shape_error_;
};

}  // namespace clew::store
