// What an edge does so that strangers cannot steer the mesh: facts of Envoy 1.40, see docs/mesh.md.
#pragma once

#include "mesh/resource/json_access.h"

namespace clew::mesh {

/// Makes an HTTP connection manager, which has its filters, one that faces strangers: headers by
/// which they could steer are removed before the span begins (a route's request_headers_to_remove
/// would come too late), the caller's traceparent is kept for client_traceparent_tag(), paths are
/// normalized, addresses are the connection's.
void harden_edge(Json& manager);

/// What of that is different where a hardened connection manager speaks HTTP/3, and makes it do so.
void harden_http3(Json& manager);

/// The same where an app speaks to its sidecar: it may say anything but what spoils an export of
/// spans at this hop and the next ones.
void harden_outbound(Json& manager);

/// The span tag of what a stranger sent as traceparent, if that was short and plain text.
Json client_traceparent_tag();

/// The HTTP filter that takes it off the request for that tag: tags are made when a request has
/// ended, of the headers that it has then, so what the upstream must not get is kept beside them.
/// harden_edge() adds it.
Json keep_client_traceparent();

/// The mutation of headers, behind the router, that hands it on to another such filter.
Json hand_on_client_traceparent();

/// Of one connection: what Envoy advises for edges.
inline constexpr int kEdgeBufferBytes = 32'768;

/// The response header that tells clients their trace ID.
Json trace_id_response_header();

}  // namespace clew::mesh
