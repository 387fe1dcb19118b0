// Zipkin v2 protobuf in, OTLP protobuf out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::receive {

/// Turns a serialized zipkin.proto3.ListOfSpans into a serialized ExportTraceServiceRequest, mapped
/// as zipkin_span.h says. Trace IDs have 16 bytes, or 8 and are padded with zeros on the left.
/// Fails with kMalformed; kTooLarge past limits::kSpansPerRequest and kFieldsPerSpan.
/// Source: openzipkin/zipkin-api, zipkin.proto.
Result<std::string> zipkin_proto_to_otlp(std::string_view spans, bool parse_string_tags);

}  // namespace clew::receive
