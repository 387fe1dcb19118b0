#include "store/head_calls.h"

#include <algorithm>

namespace clew::store {

HeadCalls::HeadCalls(const HeadSnapshot& snapshot)
    : snapshot_(snapshot), outlines_(snapshot), services_(snapshot.operations(), kNoCell) {}

bool HeadCalls::count(const HeadTrace& trace, const StartRange& range, CallTable& table) {
  spans_.clear();
  uint32_t number = trace.last_row;
  for (uint32_t i = 0; i < trace.rows; ++i) {
    const HeadRow& row = snapshot_.head_row(number);
    const HeadOutlines::Operation* operation = outlines_.operation(row.operation);
    if (operation == nullptr) return false;
    uint32_t& service = services_[row.operation];
    if (service == kNoCell) service = table.names().service(operation->parts.service);
    spans_.push_back({.id = CallSpan::number_of(row.fields.id),
                      .parent = CallSpan::number_of(row.fields.parent),
                      .start = row.fields.start,
                      .duration = row.fields.duration(),
                      .operation = row.operation,
                      .service = service,
                      .kind = operation->kind,
                      .is_error = outlines_.is_error(row)});
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
  for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot_.previous(number))
    if (auto outline = outlines_.of(trace.id, snapshot_.head_row(number)))
      spans.push_back(*outline);
  std::ranges::reverse(spans);
  return spans;
}

}  // namespace clew::store
