// Routes for those who cannot be told of virtual hosts one by one.
#pragma once

#include "mesh/xds/snapshot.h"

namespace clew::mesh::xds {

/// The same snapshot, in which virtual hosts that are resources of their own ("edge/shop.com")
/// stand in their route configurations ("edge"): VHDS is for clients of delta xDS only.
SnapshotPtr with_whole_routes(const SnapshotPtr& snapshot);

}  // namespace clew::mesh::xds
