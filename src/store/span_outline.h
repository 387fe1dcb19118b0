// What a list of traces needs to know of each span.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::store {

/// A span without its attributes. Two copies of a span have equal outlines; the reverse need not
/// hold.
struct SpanOutline {
  SpanId id;
  SpanId parent;
  UnixNanos start = 0;
  uint64_t duration = 0;  // nanoseconds
  otlp::SpanKind kind = otlp::SpanKind::kUnspecified;
  bool is_error = false;     // otlp::Span::is_error
  std::string_view service;  // valid during the visit, as is the next
  std::string_view name;
  TraceId trace = {};  // as it was sent, in one form or the other

  bool operator==(const SpanOutline&) const = default;
};

/// The outline of a span; a view of the batch.
SpanOutline outline_of(const otlp::Batch& batch, const otlp::SpanRef& ref);

using OutlineVisitor = std::function<void(const SpanOutline&)>;

/// Says of a span's attributes, by key, which to read.
using AttributeChoice = std::function<bool(std::string_view key)>;

/// Says what to read of a trace.
struct SpanChoice {
  std::function<bool(const SpanId&)> span = {};  // unset: every span
  AttributeChoice attribute = {};                // unset: every attribute
};

}  // namespace clew::store
