// OTLP in, Jaeger's own protobuf out: what a Jaeger collector takes over gRPC.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "otlp/batch.h"

namespace clew::otlp {

/// The gRPC method that takes the bytes of jaeger_post_spans().
inline constexpr char kJaegerPostSpans[] = "/jaeger.api_v2.CollectorService/PostSpans";

/// The attribute of a span that holds what its reader is warned of, an array of texts: Jaeger's own
/// name for it where spans are OTLP's. Its own model has a field for them.
inline constexpr std::string_view kJaegerWarnings = "@jaeger@warnings";

/// An ExportTraceServiceRequest as one jaeger.api_v2.PostSpansRequest. Its one batch has the
/// process of the first resource; spans of other resources carry their own, so that one answer
/// tells about all of them. Names and values as the OpenTelemetry specification maps them
/// ("OpenTelemetry to Jaeger"): kind, status, scope, trace state and dropped counts become tags,
/// arrays and maps JSON text. Fails as otlp::Batch::index does.
Result<std::string> jaeger_post_spans(const SharedBytes& request);

/// Each span of the batch, in its order, as a jaeger.api_v2.Span with its process, mapped likewise.
std::vector<std::string> jaeger_spans(const otlp::Batch& batch);

}  // namespace clew::otlp
