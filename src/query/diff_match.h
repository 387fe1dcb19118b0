// Which spans of two traces are the same ones. Internal: for trace_diff.h.
#pragma once

#include <cstdint>
#include <vector>

#include "query/diff_trace.h"

namespace clew::query {

struct DiffMatches {
  std::vector<uint32_t> base_of;  // by span of `compare`: its match, or DiffSpan::kNone
  size_t ambiguous = 0;           // TraceDiff::ambiguous
};

/// Matches as diff_traces() says.
DiffMatches match_spans(const DiffTrace& base, const DiffTrace& compare);

/// True if durations differ by more than runs do, or one side has none.
bool duration_differs(const DiffSpan& base, const DiffSpan& compare);

}  // namespace clew::query
