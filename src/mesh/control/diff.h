// What applying resources would change on the proxies, before it is done.
#pragma once

#include <memory>
#include <span>

#include "mesh/resource/json_access.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

/// {"proxies": [{mesh, name, kind, changes: [{type, name, change, drains}]}], "by_kind": {edge: 2,
/// …}}: of every proxy that would get something else, what, and whether connections
/// drain: those of a listener that changes or goes.
Json diff(const std::shared_ptr<const World>& world, std::span<const Resource> resources);

}  // namespace clew::mesh
