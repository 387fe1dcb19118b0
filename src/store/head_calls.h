// Calls between the spans of a head.
#pragma once

#include <vector>

#include "store/calls.h"
#include "store/head.h"
#include "store/status_columns.h"

namespace clew::store {

/// Reads the spans of traces from a snapshot of a head as call counting needs them. One thread.
class HeadCalls {
 public:
  /// `snapshot` must outlive it.
  explicit HeadCalls(const HeadSnapshot& snapshot);

  /// Adds the calls of a trace whose called spans start in the range. False if its rows are none,
  /// as never happens to spans that were taken.
  bool count(const HeadTrace& trace, const StartRange& range, CallTable& table);
  /// The spans of a trace; views of the snapshot.
  std::vector<SpanOutline> outlines(const HeadTrace& trace);

 private:
  struct Operation {
    OperationParts parts;
    otlp::SpanKind kind = otlp::SpanKind::kUnspecified;
    uint32_t service = kNoCell;  // its number in the table, once it has one
    bool known = false;
  };

  Operation& operation_of(uint32_t code);
  bool is_error(const HeadRow& row);

  const HeadSnapshot& snapshot_;
  std::vector<uint32_t> columns_;  // that say whether a span is an error
  StatusColumns status_;
  struct Places {
    std::vector<uint32_t> cells;  // where each of them stands
    bool has_any = false;
  };
  std::vector<Places> places_;  // by shape
  std::vector<uint32_t> cells_;
  std::vector<Operation> operations_;  // by code
  CallFinder finder_;
  std::vector<CallSpan> spans_;
};

}  // namespace clew::store
