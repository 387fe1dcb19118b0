// MeshRetry, and what is tried again without one.
#pragma once

#include "mesh/compose/catalog.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {

/// config.route.v3.RetryPolicy of what a proxy of that kind sends, by the merged MeshRetry (null:
/// none applies; then only requests that have surely not reached an app are tried again). Unless
/// the policy selects hosts itself, each try goes to another instance and, where other zones run
/// the service as well, on to the next zone: an edge at once, a sidecar after a second try.
Json retry_policy(const Json& conf, bool grpc, ProxyKind kind);

}  // namespace clew::mesh
