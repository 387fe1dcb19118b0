// Clew's own API: a trace as columns. Described in docs/trace-columns.md.
#pragma once

#include "net/http_server.h"
#include "store/store.h"

namespace clew::api {

/// Adds GET /api/clew/v1/traces/{id}/columns. The store must outlive the server.
void add_clew_columns(net::HttpRoutes& routes, store::Store& store);

}  // namespace clew::api
