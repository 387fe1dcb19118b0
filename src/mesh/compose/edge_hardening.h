// What an edge does so that strangers cannot steer the mesh: facts of Envoy 1.40, see docs/mesh.md.
#pragma once

#include "mesh/compose/json_access.h"

namespace clew::mesh {

/// Makes an HTTP connection manager one that faces strangers: trace headers are removed before the
/// span begins (a route's request_headers_to_remove would come too late), the caller's traceparent
/// is kept as x-client-traceparent, paths are normalized, addresses are the connection's.
void harden_edge(Json& manager);

/// Of one connection: what Envoy advises for edges.
inline constexpr int kEdgeBufferBytes = 32'768;

/// The response header that tells clients their trace ID.
Json trace_id_response_header();

}  // namespace clew::mesh
