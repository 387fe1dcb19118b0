// The lines of a trace on a terminal: who called whom, equal calls in one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "main/trace/trace_reading.h"

namespace clew {

enum class Place {
  kChild,   // below its parent, or a root
  kOrphan,  // its parent is not in the trace
  kCircle,  // its parents lead back to itself
};

/// One line: a span, or several siblings that are equal but for their times.
struct TreeRow {
  const ShownSpan* span = nullptr;  // the first of them
  size_t count = 1;
  int64_t start = 0, end = 0;  // of all of them together
  uint64_t longest = 0;        // of their durations
  Place place = Place::kChild;
  size_t depth = 0;
  bool is_last = true;  // no sibling follows
  /// For each level above, kLevelsWithLines of them at most: whether a sibling follows there, so
  /// that its line goes on.
  std::vector<bool> goes_on = {};
};

/// Deeper rows do not say what goes on beside them: a trace may be as deep as it has spans.
inline constexpr size_t kLevelsWithLines = 32;

/// As many equal siblings are folded to one row; fewer are easier to read one by one.
inline constexpr size_t kLeastFolded = 4;

/// Every span once, parents before children, siblings by their start. With `fold` at least
/// kLeastFolded siblings of one service, name, status and outcome become one row, whose children
/// are the children of all of them. Rows point into `trace`.
std::vector<TreeRow> tree_rows(const ShownTrace& trace, bool fold);

}  // namespace clew
