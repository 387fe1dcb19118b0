// Clew's own API: some spans of a trace. Described in docs/api.md.
#pragma once

#include "net/http_server.h"
#include "store/store.h"

namespace clew::api {

/// Adds GET /api/clew/v1/traces/{id}/spans and …/find. The store must outlive the server.
void add_clew_spans(net::HttpRoutes& routes, store::Store& store);

}  // namespace clew::api
