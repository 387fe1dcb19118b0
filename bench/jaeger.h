// The workload in Jaeger's formats.
#pragma once

#include <string>
#include <vector>

namespace clew::bench {

/// Calls of the agent's emitBatch in thrift, or PostSpansRequests.
enum class JaegerFormat { kCompact, kBinary, kProto };

/// A serialized ExportTraceServiceRequest as Jaeger's clients would send it: a message has spans of
/// one service and is at most 65,000 bytes, which is what they put into a packet.
std::vector<std::string> jaeger_messages(std::string request, JaegerFormat format);

}  // namespace clew::bench
