// Tempo's query service over gRPC, which Grafana uses where streaming is switched on.
#pragma once

#include "net/grpc_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds tempopb.StreamingQuerier's Search, which sends each trace as it is found and ends with
/// DEADLINE_EXCEEDED if a deadline, a limit or damage cut it short; and SearchTags, SearchTagsV2,
/// SearchTagValues, SearchTagValuesV2, MetricsQueryRange and MetricsQueryInstant, which send one
/// answer that says so itself. The engine must outlive the server.
void add_tempo_grpc(net::GrpcMethods& methods, query::Engine& engine);

}  // namespace clew::api
