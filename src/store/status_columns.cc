#include "store/status_columns.h"

#include <algorithm>

#include "otlp/fields.h"
#include "otlp/messages.h"

namespace clew::store {

StatusColumns::StatusColumns(const Vocabulary& vocabulary,
                             const std::function<size_t(uint32_t)>& place_of)
    : vocabulary_(vocabulary) {
  for (uint32_t column = 0; column < vocabulary.columns(); ++column) {
    const ColumnKey& key = vocabulary.column(column);
    if (key.kind == ColumnKind::kStatusCode) code_ = {column, place_of(column)};
    if (key.kind == ColumnKind::kStatusMessage) message_ = {column, place_of(column)};
    bool may_hold_error = key.kind == ColumnKind::kAttribute &&
                          (key.key == "error" || (key.key.empty() && key.type == CellType::kRaw));
    if (may_hold_error || key.kind == ColumnKind::kOther)
      errors_.push_back({column, place_of(column)});
  }
}

otlp::StatusCode StatusColumns::status(const uint32_t* cells) const {
  if (!code_ || cells[code_->cell] == kNoCell) return otlp::StatusCode::kUnset;
  SpanCell cell = span_cell(vocabulary_, code_->column, cells[code_->cell]);
  return cell.number <= static_cast<uint64_t>(otlp::StatusCode::kError)
             ? static_cast<otlp::StatusCode>(cell.number)
             : otlp::StatusCode::kUnset;
}

std::string_view StatusColumns::message(const uint32_t* cells) const {
  if (!message_ || cells[message_->cell] == kNoCell) return {};
  return vocabulary_.value(message_->column, cells[message_->cell]);
}

bool StatusColumns::is_error(const uint32_t* cells) const {
  return status(cells) == otlp::StatusCode::kError ||
         std::ranges::any_of(errors_, [&](const Place& place) {
           return cells[place.cell] != kNoCell && says_error(place, cells[place.cell]);
         });
}

bool StatusColumns::says_error(const Place& place, uint32_t cell) const {
  const ColumnKey& key = vocabulary_.column(place.column);
  std::string_view bytes = vocabulary_.value(place.column, cell);
  std::optional<otlp::Value> value;
  if (key.kind == ColumnKind::kOther)
    value = otlp::AttributeRange(bytes, otlp::fields::span::kAttributes).find("error");
  else if (!key.key.empty())
    value = cell_value(key, bytes);
  else if (otlp::Attribute attribute = otlp::Attribute::decode(bytes); attribute.key == "error")
    value = attribute.value;
  if (!value) return false;
  return value->type() == otlp::ValueType::kBool ? value->as_bool() : value->text() == "true";
}

}  // namespace clew::store
