// Jaeger's remote storage API, version 2: with it a stock Jaeger keeps its traces in Clew.
#pragma once

#include "net/grpc_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds jaeger.storage.v2.TraceReader (all but FindSpans), DependencyReader and Capabilities.
/// Writing is OTLP's TraceService, which receive/ has. The engine must outlive the server.
/// Source: jaeger-idl v0.14 proto/storage/v2.
void add_jaeger_storage(net::GrpcMethods& methods, query::Engine& engine);

/// Adds jaeger.api_v3.Capabilities, which says the same to clients of the query services.
/// Source: jaeger-idl v0.14 proto/api_v3/capabilities.proto.
void add_jaeger_capabilities(net::GrpcMethods& methods);

}  // namespace clew::api
