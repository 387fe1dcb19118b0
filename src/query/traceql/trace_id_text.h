// How TraceQL writes trace IDs.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace clew::query::traceql {

/// Without leading zeros, so that IDs of 64 and 128 bits written either way are the same text.
inline std::string short_trace_id(std::string_view hex) {
  return std::string(hex.substr(std::min(hex.find_first_not_of('0'), hex.size())));
}

}  // namespace clew::query::traceql
