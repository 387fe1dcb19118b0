// What an operator's machinery asks every role: alive, ready, metrics.
#pragma once

#include <functional>

#include "net/http_server.h"

namespace clew::api {

/// Adds GET /health (200 while the process answers), GET /ready (200 "ready", or 503 while
/// `not_ready` returns a reason) and GET /metrics (Prometheus text format, or OpenMetrics for who
/// accepts it).
void add_health(net::HttpRoutes& routes, std::function<std::string()> not_ready);

}  // namespace clew::api
