// Keeping single traces for good: Jaeger's archive, and Clew's pins.
#pragma once

#include "net/http_server.h"
#include "store/store.h"

namespace clew::api {

/// Adds POST /api/archive/{traceID} in Jaeger's form, and in Clew's PUT and DELETE
/// /api/clew/v1/traces/{id}/pin and GET /api/clew/v1/pins. The store must outlive the server.
/// Source: Jaeger v2.20.0 jaegerquery/internal/http_handler.go, archiveTrace.
void add_archive(net::HttpRoutes& routes, store::Store& store);

}  // namespace clew::api
