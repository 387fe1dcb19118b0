// What resources say of others, which must be there.
#pragma once

#include <span>

#include "base/result.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

/// Fails with kInvalid, and file and line where those are known, if one of `resources` is of a mesh
/// that does not exist, sends spans or logs to a MeshOpenTelemetryBackend that does not exist or
/// cannot take them, or names a port (backendRef.port, sectionName) that no MeshService or
/// MeshExternalService of that name has. What is in the World and what is among the resources
/// counts.
Result<void> check_references(std::span<const Resource> resources, const World& world);

}  // namespace clew::mesh
