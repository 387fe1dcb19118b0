// One trace of Clew's API, as far as a terminal shows it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace clew {

struct ShownSpan {
  std::string id, parent;  // hex; a root has no parent
  std::string service, name;
  std::string kind;       // "client", "server", …
  int64_t start = 0;      // nanoseconds since the trace's start
  uint64_t duration = 0;  // nanoseconds
  bool is_error = false;
  std::string status;   // of HTTP or gRPC: "503", "UNAVAILABLE"; empty if it has none
  std::string problem;  // what it says of its error
};

struct ShownTrace {
  std::string id;
  UnixNanos start = 0;
  uint64_t duration = 0;
  bool complete = true;          // false: more of it was not sent
  std::vector<ShownSpan> spans;  // in order of their start
};

/// Reads the answer of `GET /api/clew/v1/traces/{id}`; kMalformed if it is another.
Result<ShownTrace> read_trace(std::string_view json);

}  // namespace clew
