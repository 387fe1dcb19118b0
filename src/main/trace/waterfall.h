// A trace as lines of text: the tree of its spans, and beside it when each ran.
#pragma once

#include <cstddef>
#include <string>

#include "main/trace/trace_reading.h"

namespace clew {

struct WaterfallStyle {
  size_t columns = 100;  // at least kLeastWaterfallColumns are used
  bool colour = false;
  bool fold = false;  // equal siblings, see tree_rows()
};

inline constexpr size_t kLeastWaterfallColumns = 60;
/// Traces with more spans are folded unless one asks for all.
inline constexpr size_t kFoldedFrom = 100;

/// Lines, each ended. A line of a span: tree, service and name; a bar from its start to its end on
/// the scale of the trace; how long it took (of several: the longest, with "≤"); its status. What
/// an error says stands below it. Text of spans is made printable.
std::string waterfall(const ShownTrace& trace, const WaterfallStyle& style);

}  // namespace clew
