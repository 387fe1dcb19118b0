// Jaeger's ways in: the agent's UDP ports, the collector's HTTP and gRPC.
#pragma once

#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/udp_server.h"
#include "otlp/sink.h"

namespace clew::receive {

/// Handlers for packets of the agent's ports: 6831 speaks thrift's compact protocol, 6832 binary.
/// The tenant is the default one, as packets have no headers. Nobody can be told of an error: what
/// is refused, by the decoder or the sink, is counted with its reason.
net::PacketHandler jaeger_compact_packets(otlp::Sink sink);
net::PacketHandler jaeger_binary_packets(otlp::Sink sink);

/// Adds POST /api/traces: a thrift Batch in the binary protocol (Content-Type application/x-thrift
/// or application/vnd.apache.thrift.binary), with any Content-Encoding of net/encoding.h; the
/// tenant is the X-Scope-OrgID header. Answers only after the sink has answered: 202 without a
/// body, or the error's status and its message as text, with Retry-After when the sink is
/// overloaded. Source: jaegertracing.io, "APIs", "Thrift over HTTP".
void add_jaeger_http(net::HttpRoutes& routes, otlp::Sink sink);

/// Adds jaeger.api_v2.CollectorService/PostSpans. The tenant is the metadata x-scope-orgid.
void add_jaeger_grpc(net::GrpcMethods& methods, otlp::Sink sink);

}  // namespace clew::receive
