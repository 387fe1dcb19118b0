// What resources say of others, which must be there.
#pragma once

#include <set>
#include <span>
#include <string>

#include "base/result.h"
#include "mesh/resource/json_access.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

/// Fails with kInvalid, and file and line where those are known, if one of `resources` is of a mesh
/// that does not exist, sends spans or logs to a MeshOpenTelemetryBackend that does not exist or
/// cannot take them, or names a port (backendRef.port, sectionName) that no MeshService or
/// MeshExternalService of that name has. What is among the resources counts, and what is in the
/// World but for those in `gone`, which the same change deletes.
Result<void> check_references(std::span<const Resource> resources, const World& world,
                              const std::set<ResourceKey>& gone = {});

/// Fails with kInvalid if a change of the World takes a port away that something names which the
/// change leaves as it is; each such reference is on a line of its own. What named no port before
/// is no reason, and neither is what zones wrote, which cannot be changed here.
Result<void> check_leftovers(const World& world, std::span<const Resource> resources,
                             const std::set<ResourceKey>& gone);

/// "8080 (http), 8081": a MeshService's `spec.ports`, as errors list them.
std::string text_of_ports(const Json& ports);

}  // namespace clew::mesh
