// Live tail: traces as they come, as server-sent events. Described in docs/api.md.
#pragma once

#include "net/http_server.h"
#include "query/tail.h"

namespace clew::api {

/// Adds GET /api/clew/v1/tail. The tail must outlive the server, and must be stopped before it: its
/// streams end only then.
void add_clew_tail(net::HttpRoutes& routes, query::Tail& tail);

}  // namespace clew::api
