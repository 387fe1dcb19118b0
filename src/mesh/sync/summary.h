// What the global control plane tells zones of each other: not instances, but where services run
// and where zones are entered.
#pragma once

#include <map>
#include <string>

#include "mesh/resource/resource.h"
#include "mesh/sync/item.h"

namespace clew::mesh::sync {

/// The items of kZoneService and kZoneIngress (catalog.h) that say what a World's zones run, with
/// their contents.
Contents summary_of(const World& world);

}  // namespace clew::mesh::sync
