// Zipkin v1 thrift in, OTLP protobuf out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::receive {

/// Turns a list of zipkinCore.thrift Spans in thrift's binary protocol into a serialized
/// ExportTraceServiceRequest, mapped as zipkin_v1.h and zipkin_span.h say; binary annotations keep
/// their types. Fails with kMalformed and the byte's offset; kTooLarge past
/// limits::kSpansPerRequest and kFieldsPerSpan.
/// Source: openzipkin/zipkin-api, thrift/zipkinCore.thrift.
Result<std::string> zipkin_v1_thrift_to_otlp(std::string_view spans);

}  // namespace clew::receive
