// Calls between the spans of a head.
#pragma once

#include <vector>

#include "store/calls.h"
#include "store/head.h"
#include "store/head_outlines.h"

namespace clew::store {

/// Reads the spans of traces from a snapshot of a head as call counting needs them. One thread.
class HeadCalls {
 public:
  /// `snapshot` must outlive it.
  explicit HeadCalls(const HeadSnapshot& snapshot);

  /// Adds the calls of a trace whose called spans start in the range. False if its rows are none,
  /// as never happens to spans that were taken.
  bool count(const HeadTrace& trace, const StartRange& range, CallTable& table);
  /// The spans of a trace, without those whose rows are none; views of the snapshot.
  std::vector<SpanOutline> outlines(const HeadTrace& trace);

 private:
  const HeadSnapshot& snapshot_;
  HeadOutlines outlines_;
  std::vector<uint32_t> services_;  // by operation: its number in the table, once it has one
  CallFinder finder_;
  std::vector<CallSpan> spans_;
};

}  // namespace clew::store
