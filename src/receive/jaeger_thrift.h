// Jaeger's thrift model in, OTLP protobuf out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::receive {

/// Turns a call of Agent.emitBatch, as clients send it in one UDP packet, into a serialized
/// ExportTraceServiceRequest, mapped as jaeger_span.h says: thrift's compact protocol is that of
/// port 6831, binary that of 6832. Fails with kMalformed and the byte's offset; kUnsupported for
/// another method; kTooLarge past limits::kSpansPerRequest and kFieldsPerSpan.
/// Source: jaeger-idl, thrift/agent.thrift and thrift/jaeger.thrift.
Result<std::string> jaeger_compact_call_to_otlp(std::string_view packet);
Result<std::string> jaeger_binary_call_to_otlp(std::string_view packet);

/// The same for a jaeger.thrift Batch without a call around it, in the binary protocol: the body of
/// Jaeger's POST /api/traces.
Result<std::string> jaeger_binary_batch_to_otlp(std::string_view batch);

}  // namespace clew::receive
