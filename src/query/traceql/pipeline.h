// What a query finds in one trace.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "query/traceql/ast.h"
#include "query/traceql/span_evaluator.h"
#include "query/traceql/trace_view.h"

namespace clew::query::traceql {

/// Spans of one trace that belong together.
struct FoundSpans {
  std::vector<uint32_t> spans;  // ascending numbers of a TraceView
  /// What by() parted them by: `by(span.x)` and its value.
  std::vector<std::pair<std::string, Literal>> labels = {};
};

/// Asks the whole trace. Spansets without spans are left out. `is_over`, if given, is asked before
/// each spanset of many (one for each value of by()), and ends it with what it has.
std::vector<FoundSpans> find_spans(const Pipeline& pipeline, const TraceView& trace,
                                   const std::function<bool()>& is_over = {});

/// The spans of `of` that are related to one of `from`: with kChild its children, with kParent its
/// parents, …. Both have an entry for each span of the trace, and so has the answer.
std::vector<uint8_t> related(SpansetOp op, const TraceView& trace, const std::vector<uint8_t>& from,
                             const std::vector<uint8_t>& of);

}  // namespace clew::query::traceql
