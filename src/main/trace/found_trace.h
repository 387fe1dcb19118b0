// One trace in an answer to a search, as lists in a terminal show it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/clock.h"

namespace clew {

struct FoundTraceLine {
  std::string id;  // 32 hex digits
  UnixNanos start = 0;
  std::string service, name;              // of the root
  uint64_t duration = 0;                  // nanoseconds
  std::optional<uint64_t> spans, errors;  // unset: the server does not say
  std::optional<uint64_t> matched;        // spans that a TraceQL query has found in it
};

/// An entry of `traces` of Clew's own search, and of events of its tail.
FoundTraceLine found_by_clew(const nlohmann::ordered_json& trace);

/// An entry of `traces` of Tempo's search.
FoundTraceLine found_by_tempo(const nlohmann::ordered_json& trace);

}  // namespace clew
