// Clusters of services: how a proxy connects to them, balances, and finds out who is ill.
#pragma once

#include <string>
#include <vector>

#include "mesh/compose/piece.h"

namespace clew::mesh {

/// The cluster of a service, named after it, with what MeshTimeout, MeshCircuitBreaker,
/// MeshHealthCheck and MeshLoadBalancingStrategy say. A MeshExternalService carries its endpoints
/// itself; all others get them over EDS.
Draft service_cluster(const Context& context, const Service& service);

/// The app beside a sidecar.
Draft app_cluster(const Context& context, const Instance& instance);
std::string app_cluster_name(const Instance& instance);

/// The ClusterLoadAssignment of a service, which has the cluster's name. It depends on who asks, so
/// that the cluster itself need not: from a sidecar the instances of its zone, then the ingresses
/// of others; from an ingress the instances of its zone; from an edge ingresses, the nearest first.
Draft endpoints_of(const Catalog& catalog, const std::string& service, const Proxy& from);

}  // namespace clew::mesh
