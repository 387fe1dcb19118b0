// What differs between two traces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "otlp/batch.h"
#include "query/diff_trace.h"

namespace clew::query {

/// An attribute of two spans that were matched; one side may not have it.
struct AttributeDiff {
  std::string_view key;
  std::optional<otlp::Value> before, after;
};

/// Two spans that were matched and are not alike.
struct SpanDiff {
  uint32_t base, compare;  // in DiffTrace::spans
  bool duration_changed = false;
  bool status_changed = false;
  std::vector<AttributeDiff> attributes;  // sorted by key
};

struct TraceDiff {
  DiffTrace base, compare;
  size_t matched = 0;
  std::vector<SpanDiff> modified = {};  // in the order of `compare`
  std::vector<uint32_t> added = {};     // spans of `compare` that `base` does not have
  std::vector<uint32_t> removed = {};   // spans of `base` that `compare` does not have
  /// Operations whose spans could be matched otherwise as well.
  size_t ambiguous = 0;
};

/// Matches the spans of two traces and tells what is not the same.
///
/// A span matches one of the same operation (service, name, kind), whatever their IDs and times.
/// Where there are several, first those match that have a parent of the same operation and are
/// alike, then same parent and status, same parent, alike, same status, then the rest: as few
/// changes as can be. Alike is what has the same status, about the same duration (to 25 % and 1 ms,
/// since runs differ) and the same attributes (diff_value.h). Events, links and resources are not
/// compared.
///
/// Takes O(n log n). Source: Tempo 3.1's trace-patch-v0. Tempo matches alike spans with the first
/// that fits, so it may find fewer pairs where one span is alike several that are not alike each
/// other.
TraceDiff diff_traces(const otlp::Batch& base, const otlp::Batch& compare);

}  // namespace clew::query
