// MeshTrace: how proxies trace, and where their spans go.
#pragma once

#include <string>
#include <vector>

#include "mesh/compose/piece.h"

namespace clew::mesh {

/// Tracing of one proxy. Nothing at all where no MeshTrace with a backend applies.
struct Tracing {
  Json manager = {};                 // HttpConnectionManager.tracing; null: none
  std::vector<Draft> clusters = {};  // of what the spans are sent to
  Json runtime = Json::object();     // how many spans are sent at a time
  Json request_id = {};              // HttpConnectionManager.request_id_extension; null: none
  Json behind_router = {};           // HTTP filters of requests to upstreams; null: none
  std::vector<ResourceKey> origins;
};

/// `outbound`: of what the app beside a sidecar sends. Edges and gateways make a span of each try
/// of theirs too (facts of Envoy 1.40: only that one says which endpoint was chosen). An edge heeds
/// no wish of its clients, unless the policy says so; every later hop does what the trace context
/// says, and samples only what begins there. Source: Kuma's MeshTrace; more in docs/mesh.md.
Tracing tracing_of(const Context& context, bool outbound);

/// Route.tracing of a route to `service`, whose own name is `route`: what a MeshTrace that targets
/// the service or the MeshHTTPRoute says of sampling and tags, and the name of its spans. A change
/// of it is a change of routes only, so it comes to Envoy without touching a listener. Null when
/// the route needs nothing of its own.
struct RouteTracing {
  Json route;
  std::vector<ResourceKey> origins;
};
RouteTracing route_tracing(const Context& context, const std::string& service,
                           const std::string& http_route, const std::string& operation);

}  // namespace clew::mesh
