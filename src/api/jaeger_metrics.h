// What the Monitor tab of Jaeger's UI asks.
#pragma once

#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds GET /api/metrics/calls, /errors, /latencies and /minstep, counted from stored spans when
/// they are asked for. The engine must outlive the server.
/// Source: Jaeger v1.76 cmd/query/app/query_parser.go, internal/proto/metrics/openmetrics.proto.
void add_jaeger_metrics(net::HttpRoutes& routes, query::Engine& engine);

}  // namespace clew::api
