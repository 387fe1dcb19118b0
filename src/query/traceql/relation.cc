// Structural operators, each in one pass over the trace.
#include "query/traceql/pipeline.h"

namespace clew::query::traceql {
namespace {

using Marks = std::vector<uint8_t>;

Marks with_parent(const TraceView& trace, const Marks& from) {
  Marks found(trace.size(), 0);
  for (uint32_t span = 0; span < trace.size(); ++span)
    if (trace.parent(span) != TraceView::kNone) found[span] = from[trace.parent(span)];
  return found;
}

Marks with_ancestor(const TraceView& trace, const Marks& from) {
  Marks found(trace.size(), 0);
  for (uint32_t span : trace.top_down()) {
    uint32_t parent = trace.parent(span);
    if (parent != TraceView::kNone) found[span] = from[parent] | found[parent];
  }
  return found;
}

Marks with_child(const TraceView& trace, const Marks& from) {
  Marks found(trace.size(), 0);
  for (uint32_t span = 0; span < trace.size(); ++span)
    if (from[span] && trace.parent(span) != TraceView::kNone) found[trace.parent(span)] = 1;
  return found;
}

Marks with_descendant(const TraceView& trace, const Marks& from) {
  Marks found(trace.size(), 0);
  const auto& top_down = trace.top_down();
  for (size_t i = top_down.size(); i-- > 0;) {
    uint32_t parent = trace.parent(top_down[i]);
    if (parent != TraceView::kNone) found[parent] |= from[top_down[i]] | found[top_down[i]];
  }
  return found;
}

Marks with_sibling(const TraceView& trace, const Marks& from) {
  std::vector<uint32_t> children(trace.size(), 0);  // that are marked
  for (uint32_t span = 0; span < trace.size(); ++span)
    if (from[span] && trace.parent(span) != TraceView::kNone) ++children[trace.parent(span)];
  Marks found(trace.size(), 0);
  for (uint32_t span = 0; span < trace.size(); ++span) {
    uint32_t parent = trace.parent(span);
    if (parent != TraceView::kNone) found[span] = children[parent] > (from[span] ? 1 : 0);
  }
  return found;
}

Marks relatives(SpansetOp op, const TraceView& trace, const Marks& from) {
  switch (op) {
    case SpansetOp::kChild:
      return with_parent(trace, from);
    case SpansetOp::kDescendant:
      return with_ancestor(trace, from);
    case SpansetOp::kParent:
      return with_child(trace, from);
    case SpansetOp::kAncestor:
      return with_descendant(trace, from);
    default:
      return with_sibling(trace, from);
  }
}

}  // namespace

std::vector<uint8_t> related(SpansetOp op, const TraceView& trace, const std::vector<uint8_t>& from,
                             const std::vector<uint8_t>& of) {
  Marks found = relatives(op, trace, from);
  for (uint32_t span = 0; span < trace.size(); ++span) found[span] &= of[span];
  return found;
}

}  // namespace clew::query::traceql
