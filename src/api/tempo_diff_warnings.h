// What makes a comparison of two traces less than it seems.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/trace_diff.h"

namespace clew::api {

struct TempoDiffWarning {
  std::string_view code;  // Tempo's
  std::string message;
};

/// Names of spans with IDs in them, spans without a valid duration, several spans with one ID, and
/// operations whose spans could be matched in another way.
std::vector<TempoDiffWarning> tempo_diff_warnings(const query::TraceDiff& diff);

}  // namespace clew::api
