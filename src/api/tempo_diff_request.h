// What is asked of Tempo's comparison of two traces.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace clew::api {

enum class TempoDiffFormat { kPatch, kSummary, kComposed };

struct TempoDiffRequest {
  TraceId base, compare;
  TempoDiffFormat format = TempoDiffFormat::kPatch;
};

/// Reads {"base": {"traceId": …}, "compare": {"traceId": …}, "format": …}; names in any case, as Go
/// reads them. A side's `start` and `end` (seconds) are checked and not needed. kInvalid names the
/// member.
Result<TempoDiffRequest> parse_tempo_diff(std::string_view body);

}  // namespace clew::api
