// Zipkin's query API, version 2: what its user interface, Grafana's data source and scripts use.
#pragma once

#include <string>
#include <vector>

#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

struct ZipkinOptions {
  /// Zipkin's STRICT_TRACE_ID. False: 64-bit trace IDs and 128-bit ones that end like them are of
  /// one trace.
  bool strict_trace_id = true;
  /// Zipkin's AUTOCOMPLETE_KEYS: the keys whose values are proposed. Empty: all that there are.
  std::vector<std::string> autocomplete_keys = {};
};

/// Adds GET /services, /spans, /remoteServices, /traces, /trace/{traceId}, /traceMany,
/// /dependencies, /autocompleteKeys and /autocompleteValues under /api/v2 and /zipkin/api/v2.
/// Errors are text. An answer that is not everything there is has a Warning header. The engine must
/// outlive the server.
/// Source: openzipkin/zipkin-api, zipkin2-api.yaml; answers of zipkin-server 3.6.1.
void add_zipkin_v2(net::HttpRoutes& routes, query::Engine& engine, ZipkinOptions options = {});

}  // namespace clew::api
