// Searching with TraceQL: what is asked, and what comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "query/summary.h"
#include "query/traceql/ast.h"
#include "store/store.h"

namespace clew::query::traceql {

/// Attributes in an answer: key and value.
using Attributes = std::vector<std::pair<std::string, Literal>>;

struct Search {
  const Pipeline& pipeline;
  UnixNanos start_min = 0;           // of a span that the query names, inclusive
  UnixNanos start_max = UINT64_MAX;  // inclusive
  std::optional<uint64_t> min_duration = {}, max_duration = {};  // of the trace, nanoseconds
  size_t limit = 20;             // traces, limits::kSearchResults at most
  size_t spans_per_spanset = 3;  // the first of each; 0: all
  std::optional<store::FoundTrace> after = {};
};

struct FoundSpan {
  SpanId id;
  UnixNanos start = 0;
  uint64_t duration = 0;  // nanoseconds
  std::string name;
  Attributes attributes;  // what the query compares and selects, where the span has it
  std::vector<std::string_view> scopes;  // name_of() that of each attribute
};

struct FoundSpanset {
  std::vector<FoundSpan> spans;  // the earliest
  uint64_t matched = 0;          // spans in all
  Attributes attributes;         // of by()
};

struct FoundTrace {
  TraceSummary summary;
  std::vector<FoundSpanset> spansets;
};

struct SearchEnd {
  std::optional<store::FoundTrace> next = {};  // as SearchResult::next
  bool complete = true;
  uint64_t inspected_traces = 0, inspected_spans = 0, inspected_bytes = 0;
};

/// What one trace answers; nothing if it does not match. `is_over` as in find_spans().
std::optional<FoundTrace> search_trace(const Search& search, const otlp::Batch& trace,
                                       const std::function<bool()>& is_over = {});

}  // namespace clew::query::traceql
