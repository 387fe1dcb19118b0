// OTLP protobuf in, OTLP/JSON out: the other direction is receive/otlp_json.h.
#pragma once

#include <string>
#include <string_view>

namespace clew::otlp {

/// The JSON form of a serialized ExportTraceServiceRequest (which is a TracesData as well), on one
/// line, without a line break at its end. The bytes must have passed Batch::index. Trace and span
/// IDs are hex, 64-bit numbers strings, enums numbers, bytes base64; fields with their default
/// value are left out. JSON cannot hold all that protobuf can: text that is no UTF-8 gets U+FFFD,
/// and fields we do not know are left out. Source: OTLP specification v1.11, "JSON Protobuf
/// Encoding".
std::string request_json(std::string_view request);

/// kProto: protobuf's own JSON mapping, which Tempo speaks. IDs are base64 as all bytes are, enums
/// are their names.
enum class JsonForm { kOtlp, kProto };

/// The ResourceSpans of a request that has some, as JSON with commas between them.
std::string resource_spans_json(std::string_view request, JsonForm form);

}  // namespace clew::otlp
