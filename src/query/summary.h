// One trace in a list of results.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "otlp/batch.h"
#include "store/span_outline.h"

namespace clew::query {

struct ServiceSummary {
  std::string name;
  uint64_t span_count = 0;
  uint64_t error_count = 0;

  bool operator==(const ServiceSummary&) const = default;
};

struct TraceSummary {
  TraceId id;  // the 128-bit form, if a span has one
  /// Of the earliest span without a parent ID; if there is none, of the earliest span whose parent
  /// is not there (or of the earliest span at all), and root_missing says so.
  std::string root_service;
  std::string root_operation;
  bool root_missing = false;
  /// Of the earliest span that has a start; 0 if none has. Spans without one (Zipkin allows them)
  /// count for neither start nor duration of a trace that has others.
  UnixNanos start = 0;
  uint64_t duration = 0;  // nanoseconds until the latest end
  uint64_t span_count = 0;
  uint64_t error_count = 0;              // otlp::Span::is_error
  uint64_t orphan_count = 0;             // spans whose parent is not in the trace
  std::vector<ServiceSummary> services;  // sorted by name
};

/// Summarises one trace, span by span.
class Summarizer {
 public:
  void add(const store::SpanOutline& span);

  size_t spans() const { return spans_.size(); }
  /// Whether two outlines were the same, so that a span may have been counted twice.
  bool has_repeats() const { return has_repeats_; }
  /// The summary of what was added, which must be one span at least.
  TraceSummary finish(const TraceId& id) const;

 private:
  std::string_view keep(std::string_view text);
  const store::SpanOutline& root(TraceSummary& summary) const;

  struct Hash {
    size_t operator()(const store::SpanOutline& span) const;
  };

  std::set<std::string, std::less<>> texts_;  // those of spans_
  std::unordered_multiset<store::SpanOutline, Hash> spans_;
  std::unordered_set<SpanId, IdHash> ids_;
  bool has_repeats_ = false;
};

/// Summarises the spans of one trace; they must be of one trace, each once, and at least one.
TraceSummary summarize(const otlp::Batch& trace);

}  // namespace clew::query
