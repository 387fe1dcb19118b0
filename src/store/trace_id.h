// The two forms of a trace's ID.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::store {

/// True for Zipkin's 64-bit trace IDs, whose left half is zero.
inline bool is_short(const TraceId& id) {
  return id.raw().substr(0, 8) == std::string_view("\0\0\0\0\0\0\0\0", 8);
}

/// Zipkin's 64-bit trace IDs are the right half of their 128-bit form: spans of either are of one
/// trace.
inline bool is_same_trace(const TraceId& a, const TraceId& b) {
  return a.raw().substr(8) == b.raw().substr(8) && (a == b || is_short(a) || is_short(b));
}

/// The half of an ID that both of its forms have, as a number.
inline uint64_t right_half(const TraceId& id) {
  uint64_t half = 0;
  std::memcpy(&half, id.bytes.data() + sizeof half, sizeof half);
  return half;
}

/// The form of Zipkin's that has this right half: is_same_trace() with all that have it.
inline TraceId short_form(uint64_t right_half) {
  TraceId id;
  std::memcpy(id.bytes.data() + sizeof right_half, &right_half, sizeof right_half);
  return id;
}

/// Of two IDs of one trace the one it is reported under. Zero stands for none.
inline const TraceId& fuller(const TraceId& a, const TraceId& b) {
  if (is_short(a) != is_short(b)) return is_short(a) ? b : a;
  if (a.is_zero() || b.is_zero()) return a.is_zero() ? b : a;
  return std::min(a, b);
}

/// The ID that a trace with these spans is reported under.
inline TraceId trace_id_of(const otlp::Batch& trace) {
  TraceId id;
  for (const otlp::SpanRef& ref : trace.spans()) id = fuller(id, ref.trace_id);
  return id;
}

}  // namespace clew::store
