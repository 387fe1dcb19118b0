// Calls between the spans of a head.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "store/calls.h"
#include "store/head.h"
#include "store/head_outlines.h"

namespace clew::store {

/// Reads the spans of traces from a snapshot of a head as call counting needs them. One thread.
class HeadCalls {
 public:
  /// `snapshot` must outlive it.
  explicit HeadCalls(const HeadSnapshot& snapshot);

  /// Appends the calls of the trace of `rows` rows, of which the newest is `last_row`. `edges` are
  /// the same in each call. False if its rows are none, as never happens to spans that were taken.
  bool find(uint32_t last_row, uint32_t rows, CallEdges& edges, std::vector<Call>& calls);
  /// The spans of a trace, without those whose rows are none; views of the snapshot.
  std::vector<SpanOutline> outlines(const HeadTrace& trace);

 private:
  const HeadSnapshot& snapshot_;
  HeadOutlines outlines_;
  std::vector<uint32_t> services_;  // by operation: its number in the edges, once it has one
  CallFinder finder_;
  std::vector<CallSpan> spans_;
};

/// The calls of all traces of a head at one moment, trace by trace: 16 bytes for each. Most traces
/// get no more spans, so the next list takes most of them over. Immutable once made; any thread.
class HeadCallList {
 public:
  /// What is in the head now; `before` is an earlier list of it, or null. If nothing came since,
  /// `before` itself. `is_over`, if given, is asked now and then and ends it with kTimeout.
  static Result<std::shared_ptr<const HeadCallList>> make(
      const HeadTenant& tenant, std::shared_ptr<const HeadCallList> before,
      const std::function<bool()>& is_over);

  /// Adds the calls whose called spans start in the range, but for traces of `without`.
  void add_to(CallTable& table, const StartRange& range, const TraceHalves& without) const;

 private:
  struct Trace {
    uint64_t half;     // of its ID
    uint32_t rows;     // that it had
    uint32_t end = 0;  // of its calls, which begin where those of the trace before it end
  };

  CallList list_;
  std::vector<Trace> traces_;  // by number
};

}  // namespace clew::store
