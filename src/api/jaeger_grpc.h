// Jaeger's query services over gRPC, as its port 16685 has them.
#pragma once

#include "api/jaeger_options.h"
#include "net/grpc_server.h"
#include "query/engine.h"
#include "store/store.h"

namespace clew::api {

/// Adds jaeger.api_v2.QueryService: GetTrace and FindTraces (streams of SpansResponseChunk),
/// GetServices, GetOperations, GetDependencies and ArchiveTrace, which pins. Engine and store must
/// outlive the server. Source: jaeger-idl v0.14 proto/api_v2/query.proto.
void add_jaeger_grpc_v2(net::GrpcMethods& methods, query::Engine& engine, store::Store& store,
                        JaegerOptions options = {});

/// Adds jaeger.api_v3.QueryService: GetTrace and FindTraces (streams of TracesData),
/// FindTraceSummaries, GetServices, GetOperations and GetDependencies.
/// Source: jaeger-idl v0.14 proto/api_v3/query_service.proto.
void add_jaeger_grpc_v3(net::GrpcMethods& methods, query::Engine& engine,
                        JaegerOptions options = {});

}  // namespace clew::api
