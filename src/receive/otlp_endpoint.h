// OTLP over HTTP and gRPC: from a request to the sink and back to the answer.
#pragma once

#include "net/grpc_server.h"
#include "net/http_server.h"
#include "otlp/sink.h"

namespace clew::receive {

/// Adds POST /v1/traces: application/x-protobuf (or application/protobuf) and application/json,
/// with any Content-Encoding of net/encoding.h. The tenant is the X-Scope-OrgID header.
///
/// Answers in the request's content type and only after the sink has answered: 200 with an
/// ExportTraceServiceResponse (its partial_success only if spans were left out), or the error's
/// status with a google.rpc.Status, and Retry-After when the sink is overloaded. An empty body is
/// an empty request. Source: OTLP specification v1.11, "OTLP/HTTP".
void add_otlp_http(net::HttpRoutes& routes, otlp::Sink sink);

/// Adds opentelemetry.proto.collector.trace.v1.TraceService/Export; answers alike, with RetryInfo
/// when the sink is overloaded. The tenant is the metadata x-scope-orgid.
void add_otlp_grpc(net::GrpcMethods& methods, otlp::Sink sink);

/// Add POST /v1/logs and /v1/metrics, and LogsService/Export and MetricsService/Export, which take
/// and answer alike.
void add_otlp_http_payloads(net::HttpRoutes& routes, const otlp::PayloadSink& sink);
void add_otlp_grpc_payloads(net::GrpcMethods& methods, const otlp::PayloadSink& sink);

}  // namespace clew::receive
