// What resources say of others, which must be there.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "mesh/resource/json_access.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

/// Fails with kInvalid, and file and line where those are known, if one of `resources` is of a mesh
/// that does not exist, sends spans or logs to a MeshOpenTelemetryBackend that does not exist or
/// cannot take them, or names a port (backendRef.port, sectionName) that no MeshService or
/// MeshExternalService of that name has. What is in the World and what is among the resources
/// counts.
Result<void> check_references(std::span<const Resource> resources, const World& world);

/// "8080 (http), 8081": a MeshService's `spec.ports`, as errors list them.
std::string text_of_ports(const Json& ports);

}  // namespace clew::mesh
