// Clew's own API: many traces as one tree of calls. Described in docs/api.md.
#pragma once

#include "net/http_server.h"
#include "query/population.h"

namespace clew::api {

/// Adds GET /api/clew/v1/population. The populations must outlive the server.
void add_clew_population(net::HttpRoutes& routes, query::Populations& populations);

}  // namespace clew::api
