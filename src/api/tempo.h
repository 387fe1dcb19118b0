// Tempo's HTTP query API, as Grafana's data source and its users' scripts call it.
#pragma once

#include <string>

#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds, under `prefix`, /api/echo, /api/status/buildinfo (also without /api), /api/traces/{id},
/// /api/v2/traces/{id}, /api/search, /api/metrics/query_range, /api/metrics/query,
/// /api/search/tags, /api/v2/search/tags, /api/search/tag/{name}/values,
/// /api/v2/search/tag/{name}/values and what tempo_diff.h says. Errors are plain text.
/// Answers are JSON, or protobuf for who accepts application/protobuf. The engine must outlive the
/// server. Source: Tempo 3.0's docs/sources/tempo/api_docs and pkg/tempopb/tempo.proto.
void add_tempo(net::HttpRoutes& routes, query::Engine& engine, const std::string& prefix);

}  // namespace clew::api
