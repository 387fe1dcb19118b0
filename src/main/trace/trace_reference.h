// A trace's ID as people paste it.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace clew {

/// Reads 1 to 32 hex digits, a traceparent, b3, uber-trace-id or X-Amzn-Trace-Id header (with or
/// without the header's name, so also "x-trace-id: …"), an ID with the dashes of a UUID, or the URL
/// of a trace's page; around it may be white space and quotes. Fails with kInvalid.
Result<TraceId> parse_trace_reference(std::string_view text);

}  // namespace clew
