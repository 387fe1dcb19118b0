// A trace as it is compared with another one: its spans by their place in the tree. Internal: for
// trace_diff.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::query {

/// What makes two spans the same operation.
struct DiffOperation {
  std::string_view service, name;
  otlp::SpanKind kind = otlp::SpanKind::kUnspecified;

  auto operator<=>(const DiffOperation&) const = default;
};

struct DiffSpan {
  static constexpr uint32_t kNone = UINT32_MAX;

  DiffOperation operation;
  otlp::StatusCode status = otlp::StatusCode::kUnset;
  UnixNanos start = 0;
  std::optional<uint64_t> duration;         // nothing: the span has no start, or ends before it
  uint32_t parent = kNone;                  // in DiffTrace::spans
  uint32_t index = 0;                       // among the children of its parent, from 0
  std::vector<otlp::Attribute> attributes;  // sorted by key, each key once
};

struct DiffTrace {
  otlp::Batch batch;  // what all views are of
  TraceId id;
  /// Each before its children; children by start, then by span ID. Spans without a parent, and one
  /// of each circle, are roots. Of several spans with one ID only the first is here.
  std::vector<DiffSpan> spans;
  size_t span_count = 0;  // with those that are not in `spans`

  /// Indexes from the root down to the span.
  std::vector<uint32_t> path_of(uint32_t span) const;
};

/// The service is the span's own attribute service.name where it has one.
DiffTrace diff_trace_of(const otlp::Batch& trace);

}  // namespace clew::query
