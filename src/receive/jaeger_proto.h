// Jaeger's protobuf model in, OTLP protobuf out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::receive {

/// Turns a serialized jaeger.api_v2.PostSpansRequest into a serialized ExportTraceServiceRequest,
/// mapped as jaeger_span.h says. A span's own process wins over the batch's. Trace IDs have 16
/// bytes, or 8 and are padded with zeros on the left; span IDs have 8. Fails with kMalformed;
/// kTooLarge past limits::kSpansPerRequest and kFieldsPerSpan.
/// Source: jaeger-idl, proto/api_v2/{collector,model}.proto.
Result<std::string> jaeger_proto_to_otlp(std::string_view request);

}  // namespace clew::receive
