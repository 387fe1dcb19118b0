// What differs between two traces, in a few numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/trace_diff.h"

namespace clew::query {

struct DiffSide {
  size_t errors = 0;        // spans whose status is an error
  uint64_t envelope = 0;    // nanoseconds from the first start to the last end
  uint64_t span_times = 0;  // nanoseconds of all spans together
};

struct DiffService {
  std::string name;
  int64_t span_times = 0;  // nanoseconds that all its spans took more (less: negative) than before
  size_t modified = 0, added = 0, removed = 0;
  size_t new_errors = 0, resolved_errors = 0;
};

struct TraceDiffSummary {
  DiffSide base, compare;
  /// A span stands below another operation, or is new or gone.
  bool structure_changed = false;
  std::vector<std::string> changed_services = {};  // all there is something to tell of, sorted
  /// Those with changed spans, or whose spans took together at least 1 ms and 5 % more or less:
  /// what was slower everywhere by too little to show in any span. The largest change first.
  std::vector<DiffService> services = {};
};

/// Spans without a valid duration take no time here. Source: Tempo 3.1's trace-summary-v0-native.
TraceDiffSummary summarize_diff(const TraceDiff& diff);

}  // namespace clew::query
