// Jaeger's v1 HTTP query API, frozen at Jaeger v2.20: what its UI, Grafana's data source and
// scripts use.
#pragma once

#include <functional>

#include "api/jaeger_options.h"
#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds GET /api/services, /api/services/{service}/operations, /api/operations, /api/traces,
/// /api/traces/{traceID} and /api/dependencies. The engine must outlive the server.
/// Source: Jaeger v2.20.0 jaegerquery/internal/{http_handler,query_parser}.go.
void add_jaeger_v1(net::HttpRoutes& routes, query::Engine& engine, JaegerOptions options = {});

/// Turns the JSON of an ExportTraceServiceRequest into its protobuf.
using JsonToOtlp = std::function<Result<std::string>(std::string_view json)>;

/// Adds POST /api/transform: spans in OTLP's JSON come back as traces of Jaeger's UI model.
void add_jaeger_transform(net::HttpRoutes& routes, JsonToOtlp to_otlp);

}  // namespace clew::api
