// Clusters of services: how a proxy connects to them, balances, and finds out who is ill.
#pragma once

#include <string>
#include <vector>

#include "mesh/compose/piece.h"
#include "mesh/nearest/routing.h"

namespace clew::mesh {

/// The cluster of a service, named after it, with what MeshTimeout, MeshCircuitBreaker,
/// MeshHealthCheck and MeshLoadBalancingStrategy say. A MeshExternalService carries its endpoints
/// itself; all others get them over EDS.
Draft service_cluster(const Context& context, const Service& service);

/// The app beside a sidecar; its origins do not name the sidecar.
Draft app_cluster(const Context& context, const Instance& instance);
std::string app_cluster_name(const Instance& instance);

/// The zones that an edge sends requests for a service to. `routing` may be null, or not know the
/// edge: then those that are near on the map.
std::vector<Preference> preferences_of(const Catalog& catalog, const Routing* routing,
                                       const Service& service, const std::string& edge);

/// The ClusterLoadAssignment of a service, which has the cluster's name. It depends on who asks, so
/// that the cluster itself need not: from a sidecar the instances of its zone, then the ingresses
/// of others; from an ingress the instances of its zone; from an edge ingresses, by its
/// preferences.
Draft endpoints_of(const Catalog& catalog, const std::string& service, const Proxy& from,
                   const std::vector<Preference>& preferences);

}  // namespace clew::mesh
