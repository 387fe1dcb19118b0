// The columns of a trace as bytes, for a browser to lay typed arrays over. The answer of
// GET /api/clew/v1/traces/{id}/columns; docs/trace-columns.md draws it.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "query/trace_columns.h"

namespace clew::api {

//   offset size
//        0    4  magic "CLWC"
//        4    4  version
//        8   16  trace ID
//       24    8  start, nanoseconds since 1970
//       32    8  duration, nanoseconds
//       40    8  nanoseconds of one tick
//       48    4  spans
//       52    4  operations
//       56    4  names
//       60    4  services
//       64    4  1: complete; 0: a limit or damage kept spans out
//       68    4  0
//       72    8  for each section: offset and size in bytes, 4 each
//
// then the sections, each at a multiple of 8, in this order. All numbers are little-endian.
enum class ColumnSection : uint8_t {
  kStartSteps,        // int32 for each span: ticks after the start of the span before it
  kDurations,         // uint32 for each span: ticks
  kDepths,            // uint32 for each span
  kOperationOf,       // uint32 for each span
  kFlags,             // uint8 for each span: query::TraceColumns::Flag
  kOperationName,     // uint32 for each operation: place in names
  kOperationService,  // uint32 for each operation: place in services
  kOperationKind,     // uint8 for each operation: SpanKind of OTLP
  kNameEnds,          // uint32 for each name: where its text ends in the next section
  kNameText,          // UTF-8
  kServiceEnds,
  kServiceText,
  kCount,
};

inline constexpr uint32_t kColumnsVersion = 1;
inline constexpr size_t kColumnsHeaderBytes = 72 + 8 * static_cast<size_t>(ColumnSection::kCount);

std::string trace_columns_bytes(const query::TraceColumns& columns, const TraceId& id,
                                bool complete);

}  // namespace clew::api
