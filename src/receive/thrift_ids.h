// Trace and span IDs that come as signed 64-bit numbers, as thrift has no others.
#pragma once

#include <cstring>

#include "base/ids.h"

namespace clew::receive {

inline SpanId span_id_of(int64_t number) {
  uint64_t big_endian = __builtin_bswap64(static_cast<uint64_t>(number));
  SpanId id;
  std::memcpy(id.bytes.data(), &big_endian, sizeof(big_endian));
  return id;
}

/// A 64-bit trace ID has a `high` of zero.
inline TraceId trace_id_of(int64_t high, int64_t low) {
  TraceId id;
  std::memcpy(id.bytes.data(), span_id_of(high).bytes.data(), sizeof(high));
  std::memcpy(id.bytes.data() + sizeof(high), span_id_of(low).bytes.data(), sizeof(low));
  return id;
}

}  // namespace clew::receive
