// Jaeger's v3 HTTP query API, which its UI uses since v1's search has gone.
#pragma once

#include "api/jaeger_options.h"
#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds GET /api/v3/services, /operations, /traces, /traces/{trace_id}, /trace-summaries and
/// /dependencies. The engine must outlive the server. Source: Jaeger v2.20.0 apiv3/http_gateway.go;
/// jaeger-idl swagger/api_v3.
void add_jaeger_v3(net::HttpRoutes& routes, query::Engine& engine, JaegerOptions options = {});

}  // namespace clew::api
