// What differs between two traces, as Tempo writes it.
#pragma once

#include <string>

#include "base/result.h"
#include "query/trace_diff.h"

namespace clew::api {

/// trace-patch-v0: each change of each span. kTooLarge past limits::kJsonAnswerBytes.
Result<std::string> tempo_diff_patch(const query::TraceDiff& diff);

/// trace-summary-v0-native: what changed in which services.
std::string tempo_diff_summary(const query::TraceDiff& diff);

/// trace-summary-v0-composed: the summary, and the patch if it is at most 64 KiB.
Result<std::string> tempo_diff_composed(const query::TraceDiff& diff);

}  // namespace clew::api
