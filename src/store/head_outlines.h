// Rows of a head as outlines.
#pragma once

#include <optional>
#include <vector>

#include "store/head.h"
#include "store/head_cells.h"
#include "store/span_outline.h"
#include "store/status_columns.h"

namespace clew::store {

/// Reads outlines of spans, of which most share an operation with others. One thread.
class HeadOutlines {
 public:
  /// `snapshot` must outlive it.
  explicit HeadOutlines(const HeadSnapshot& snapshot);

  struct Operation {
    OperationParts parts;
    otlp::SpanKind kind = otlp::SpanKind::kUnspecified;
    enum : uint8_t { kUnread, kRead, kNone } state = kUnread;
  };

  /// Null if it is none, as never happens to spans that were taken.
  const Operation* operation(uint32_t code) {
    Operation& operation = operations_[code];
    if (operation.state == Operation::kUnread) read_operation(code, operation);
    return operation.state == Operation::kRead ? &operation : nullptr;
  }

  bool is_error(const HeadRow& row) {
    const uint32_t* cells = cells_.pick_any(row);
    return cells != nullptr && status_.is_error(cells);
  }

  /// A view of the snapshot. nullopt if the row's operation is none.
  std::optional<SpanOutline> of(const TraceId& trace, const HeadRow& row);

 private:
  void read_operation(uint32_t code, Operation& operation) const;

  const HeadSnapshot& snapshot_;
  std::vector<uint32_t> columns_;  // that say whether a span is an error
  StatusColumns status_;
  CellPicker cells_;
  std::vector<Operation> operations_;  // by code
};

}  // namespace clew::store
