#include "store/head_calls.h"

#include <algorithm>

namespace clew::store {

HeadCalls::HeadCalls(const HeadSnapshot& snapshot)
    : snapshot_(snapshot),
      status_(snapshot,
              [this](uint32_t column) {
                columns_.push_back(column);
                return columns_.size() - 1;
              }),
      places_(snapshot.shapes()),
      cells_(columns_.size()),
      operations_(snapshot.operations()) {}

HeadCalls::Operation& HeadCalls::operation_of(uint32_t code) {
  Operation& operation = operations_[code];
  if (operation.known) return operation;
  operation.known = parse_operation(snapshot_.operation(code), operation.parts);
  operation.kind = operation.parts.span_kind();
  return operation;
}

bool HeadCalls::is_error(const HeadRow& row) {
  Places& places = places_[row.shape];
  if (places.cells.size() != columns_.size()) {
    std::span<const uint32_t> shape = snapshot_.shape(row.shape);
    for (uint32_t column : columns_) {
      auto at = std::ranges::find(shape, column);
      places.cells.push_back(at == shape.end() ? kNoCell
                                               : static_cast<uint32_t>(at - shape.begin()));
      places.has_any |= at != shape.end();
    }
  }
  if (!places.has_any) return false;
  const uint32_t* cells = snapshot_.cells(row);
  for (size_t i = 0; i < cells_.size(); ++i)
    cells_[i] = places.cells[i] == kNoCell ? kNoCell : cells[places.cells[i]];
  return status_.is_error(cells_.data());
}

bool HeadCalls::count(const HeadTrace& trace, const StartRange& range, CallTable& table) {
  spans_.clear();
  uint32_t number = trace.last_row;
  for (uint32_t i = 0; i < trace.rows; ++i) {
    const HeadRow& row = snapshot_.head_row(number);
    Operation& operation = operation_of(row.operation);
    if (!operation.known) return false;
    if (operation.service == kNoCell)
      operation.service = table.names().service(operation.parts.service);
    spans_.push_back({.id = CallSpan::number_of(row.fields.id),
                      .parent = CallSpan::number_of(row.fields.parent),
                      .start = row.fields.start,
                      .duration = row.fields.duration(),
                      .operation = row.operation,
                      .service = operation.service,
                      .kind = operation.kind,
                      .is_error = is_error(row)});
    number = row.previous;
  }
  std::ranges::reverse(spans_);
  finder_.find(spans_, table.names(), [&](const CallSpan& span, uint32_t edge) {
    if (range.has(span.start)) table.add(call_of(span, edge));
  });
  return true;
}

std::vector<SpanOutline> HeadCalls::outlines(const HeadTrace& trace) {
  std::vector<SpanOutline> spans;
  uint32_t number = trace.last_row;
  for (uint32_t i = 0; i < trace.rows; ++i) {
    const HeadRow& row = snapshot_.head_row(number);
    const Operation& operation = operation_of(row.operation);
    spans.push_back({.id = row.fields.id,
                     .parent = row.fields.parent,
                     .start = row.fields.start,
                     .duration = row.fields.duration(),
                     .kind = operation.kind,
                     .is_error = is_error(row),
                     .service = operation.parts.service,
                     .name = operation.parts.name});
    number = row.previous;
  }
  std::ranges::reverse(spans);
  return spans;
}

}  // namespace clew::store
