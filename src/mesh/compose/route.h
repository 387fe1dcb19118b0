// Routes: MeshHTTPRoute, MeshRetry and MeshTimeout as Envoy's virtual hosts.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mesh/compose/piece.h"

namespace clew::mesh {

/// Tells an ingress which service a request is for. Only proxies of the mesh can set it: an edge
/// removes it from what clients send.
inline constexpr char kServiceHeader[] = "x-mesh-service";

/// Where an ingress answers for itself, if a request names no service: health checks of edges.
inline constexpr char kIngressHealthPath[] = "/healthz";

/// Tells the proxies behind it what a route was called where it was chosen: their spans get that
/// name.
inline constexpr char kRouteHeader[] = "x-mesh-route";

/// What an app calls its request (x-request-id), on the way to the app that it is for: to Envoys an
/// ID that is no UUID says that nothing is to be traced.
inline constexpr char kRequestIdHeader[] = "x-mesh-request-id";

/// Stands in an answer of a proxy of the mesh that could not connect to whom the request was for:
/// it has not been sent, so it may be tried elsewhere whatever its method.
inline constexpr char kUndeliveredHeader[] = "x-mesh-undelivered";

/// Routes of one virtual host, with what they need.
struct Routes {
  Json list = Json::array();       // config.route.v3.Route
  std::set<std::string> services;  // they send requests to; each is a cluster
  std::vector<ResourceKey> origins;
};

/// Requests of the proxy to `service`: the rules of MeshHTTPRoutes to it, then all others. Every
/// route names the service in kServiceHeader.
Routes routes_to_service(const Context& context, const Service& service);

/// One `to` of a MeshHTTPRoute as a public route of an edge: what no rule matches is a 404.
Routes routes_of_rules(const Context& context, const ResourcePtr& http_route, const Json& to);

/// The one route to a cluster with the timeouts of inbound policies: to the app beside a sidecar.
Routes routes_to_app(const Context& context, const std::string& cluster);

/// The one route of an ingress to a service; as routes_to_service() without rules, which apply
/// where a request comes from.
Routes routes_in_zone(const Context& context, const Service& service);

}  // namespace clew::mesh
