#include "store/head_outlines.h"

namespace clew::store {

HeadOutlines::HeadOutlines(const HeadSnapshot& snapshot)
    : snapshot_(snapshot),
      status_(snapshot,
              [this](uint32_t column) {
                columns_.push_back(column);
                return columns_.size() - 1;
              }),
      cells_(snapshot, columns_),
      operations_(snapshot.operations()) {}

void HeadOutlines::read_operation(uint32_t code, Operation& operation) const {
  bool is_one = parse_operation(snapshot_.operation(code), operation.parts);
  operation.kind = operation.parts.span_kind();
  operation.state = is_one ? Operation::kRead : Operation::kNone;
}

std::optional<SpanOutline> HeadOutlines::of(const TraceId& trace, const HeadRow& row) {
  const Operation* operation = this->operation(row.operation);
  if (operation == nullptr) return std::nullopt;
  return SpanOutline{.id = row.fields.id,
                     .parent = row.fields.parent,
                     .start = row.fields.start,
                     .duration = row.fields.duration(),
                     .kind = operation->kind,
                     .is_error = is_error(row),
                     .service = operation->parts.service,
                     .name = operation->parts.name,
                     .trace = trace};
}

}  // namespace clew::store
