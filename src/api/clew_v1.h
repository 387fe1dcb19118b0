// Clew's own query API, which its UI uses. Described in docs/api.md.
#pragma once

#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds GET /api/clew/v1/{services,operations,tags,tags/{key}/values,search,metrics,traces/{id},
/// dependencies}. The engine must outlive the server.
void add_clew_v1(net::HttpRoutes& routes, query::Engine& engine);

}  // namespace clew::api
