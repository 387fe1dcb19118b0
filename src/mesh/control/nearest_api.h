// What people ask about the ways from edges to core locations.
#pragma once

#include <memory>

#include "mesh/control/nearest_keeper.h"
#include "mesh/resource/rest.h"
#include "net/http_server.h"

namespace clew::mesh {

/// Adds, for readers:
/// - GET /edges/{edge}/routes/{service}?mesh=default: the core locations that run the service, in
///   the order in which the edge uses them; each with cost and round trip (ms), loss, instances,
///   capacity and requests per second, health, its priority and share, the reason, and why in words
/// - GET /zone-matrix: of every edge all core locations: round trip, loss, requests and errors per
///   second, health
void add_nearest_api(net::HttpRoutes& routes, const ResourceStore& store,
                     const NearestKeeper& keeper, const Authenticate& authenticate);

/// The same as metrics: clew_mesh_edge_round_trip_seconds, …_loss_ratio, …_requests_per_second,
/// …_errors_per_second, and clew_mesh_edge_zone_up, each by edge and zone; until what is returned
/// is destroyed.
[[nodiscard]] std::shared_ptr<void> add_nearest_metrics(const NearestKeeper& keeper);

}  // namespace clew::mesh
