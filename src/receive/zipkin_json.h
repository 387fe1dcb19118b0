// Zipkin JSON, v2 and v1, in, OTLP protobuf out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::receive {

/// Turns a list of Zipkin v2 spans into a serialized ExportTraceServiceRequest, mapped as
/// zipkin_span.h says. Spans with the same service and scope share a resource; within it they keep
/// their order.
///
/// Trace IDs are 1 to 32 hex digits, span IDs 1 to 16, padded with zeros on the left; a parent of
/// zeros is none. Unknown fields are ignored, null means absent, tags may be numbers or truth
/// values. Fails with kMalformed and the place, `[3].traceId: missing`; kTooLarge past
/// limits::kSpansPerRequest. Source: openzipkin/zipkin-api, zipkin2-api.yaml.
Result<std::string> zipkin_v2_json_to_otlp(std::string_view json, bool parse_string_tags = false);

/// The same for a list of v1 spans, which become v2 as zipkin_v1.h says.
/// Source: openzipkin/zipkin-api, zipkin-api.yaml.
Result<std::string> zipkin_v1_json_to_otlp(std::string_view json, bool parse_string_tags = false);

}  // namespace clew::receive
