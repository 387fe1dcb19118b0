// What resources say of others, which must be there.
#pragma once

#include <span>

#include "base/result.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

/// Fails with kInvalid if one of `resources` is of a mesh that does not exist, or sends spans or
/// logs to a MeshOpenTelemetryBackend that does not exist or cannot take them. What is in the
/// World and what is among the resources counts.
Result<void> check_references(std::span<const Resource> resources, const World& world);

}  // namespace clew::mesh
