// Tempo's comparison of two traces, as of its version 3.1, where it is experimental.
#pragma once

#include <string>

#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds POST `prefix`/api/v2/traces/diff. Statuses and errors as Tempo's: plain text, 404 where a
/// trace is not there, 422 where one is not complete, 429 for two that are more than
/// limits::kTraceDiffBytes. The engine must outlive the server.
void add_tempo_diff(net::HttpRoutes& routes, query::Engine& engine, const std::string& prefix);

}  // namespace clew::api
