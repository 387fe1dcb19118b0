// Clusters of services: how a proxy connects to them, balances, and finds out who is ill.
#pragma once

#include <string>
#include <vector>

#include "mesh/compose/piece.h"

namespace clew::mesh {

/// The name of the ClusterLoadAssignment of a service as it is seen from a place:
/// "<service>@zone:fra" (instances there, then through the ingresses of other zones), "@local:fra"
/// (instances there only, for that zone's ingress), "@edge:ams" (ingresses, the nearest first).
std::string endpoints_name(const std::string& service, const Proxy& proxy);

/// The cluster of a service, named after it, with what MeshTimeout, MeshCircuitBreaker,
/// MeshHealthCheck and MeshLoadBalancingStrategy say. A MeshExternalService carries its endpoints
/// itself; all others get them over EDS.
PiecePtr service_cluster(const Context& context, const Service& service);

/// The app beside a sidecar.
PiecePtr app_cluster(const Context& context, const Instance& instance);
std::string app_cluster_name(const Instance& instance);

/// What a name of endpoints_name() stands for: who can be reached, in which order.
PiecePtr endpoints_of(const Catalog& catalog, const std::string& name);

}  // namespace clew::mesh
