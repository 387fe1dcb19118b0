#include "store/block_vocabulary.h"

#include <algorithm>
#include <utility>

#include "store/coding.h"
#include "store/group_reader.h"

namespace clew::store {

using namespace block_format;

BlockVocabulary::BlockVocabulary(const SegmentReader& segment,
                                 std::shared_ptr<const SegmentReader::Columns> columns)
    : segment_(segment), columns_(std::move(columns)), values_(columns_->size()) {}

Result<void> BlockVocabulary::load_all() {
  for (uint32_t column = 0; column < columns_->size(); ++column) loaded(column);
  load_shapes();
  if (error_) return std::unexpected(*error_);
  return {};
}

const BlockValues& BlockVocabulary::loaded(uint32_t file_column) const {
  std::shared_ptr<const BlockValues>& values = values_[file_column];
  if (values) return *values;
  auto read = segment_.values(*columns_, file_column);
  if (!read && !error_) error_ = read.error();
  values = read ? *read : std::make_shared<const BlockValues>();
  return *values;
}

const std::optional<Error>& BlockVocabulary::shape_error() const {
  load_shapes();
  return shape_error_;
}

void BlockVocabulary::load_shapes() const {
  if (shapes_) return;
  shapes_.emplace();
  std::vector<uint32_t> last(columns_->size());  // by column: 1 + the last shape that has it
  for (std::string_view bytes : loaded(kShape).values) {
    std::vector<uint32_t>& shape = shapes_->emplace_back();
    auto number = static_cast<uint32_t>(shapes_->size());
    auto refuse = [&](const char* why) {
      if (!shape_error_) shape_error_ = Error{Code::kMalformed, why};
      shape.clear();
    };
    if (bytes.size() / sizeof(uint32_t) > kMaxRowCells) {
      refuse("a shape has too many columns");
      continue;
    }
    for (size_t at = 0; at + sizeof(uint32_t) <= bytes.size(); at += sizeof(uint32_t)) {
      auto column = get<uint32_t>(bytes, at);
      if (column < kOwnColumns || column >= columns_->size()) {
        refuse("a shape names a column that is not there");
        break;
      }
      if (std::exchange(last[column], number) == number) {
        refuse("a shape names a column twice");
        break;
      }
      shape.push_back(column - kOwnColumns);
    }
  }
  if (shape_error_ && !error_) error_ = shape_error_;
}

uint32_t BlockVocabulary::shapes() const {
  load_shapes();
  return static_cast<uint32_t>(shapes_->size());
}

std::span<const uint32_t> BlockVocabulary::shape(uint32_t code) const {
  load_shapes();
  return (*shapes_)[code];
}

bool BlockVocabulary::shape_has(uint32_t shape, uint32_t column) const {
  std::span<const uint32_t> columns = this->shape(shape);
  return std::ranges::find(columns, column) != columns.end();
}

std::string_view BlockVocabulary::value(uint32_t column, uint32_t cell) const {
  if ((cell & kLiteral) != 0) return group_->literal(column, cell);
  return own_value(column + kOwnColumns, cell);
}

}  // namespace clew::store
