// The workload's requests in Jaeger's formats.
#pragma once

#include "load/message.h"

namespace clew::load {

/// A call of the agent's emitBatch in either protocol of thrift, for a UDP packet; a Batch in
/// thrift's binary protocol, for HTTP; a PostSpansRequest, for gRPC.
enum class JaegerFormat { kCompactCall, kBinaryCall, kBinaryBatch, kProto };

/// A serialized ExportTraceServiceRequest of the workload as Jaeger's clients would send it: a
/// message has spans of one service, since a batch has one process, and is at most 65,000 bytes,
/// which is what they put into a packet.
/// Source: jaeger-idl's jaeger.thrift, agent.thrift, model.proto, collector.proto.
Messages jaeger_messages(std::string request, JaegerFormat format);

}  // namespace clew::load
