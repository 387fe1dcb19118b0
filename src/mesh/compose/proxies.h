// The three kinds of proxies, each put together in a file of its own.
#pragma once

#include "mesh/compose/listener.h"

namespace clew::mesh {

/// Before an app: a listener for each inbound, with mTLS and permissions; behind it: one for each
/// outbound, or one that tells services by the Host header (the tag kuma.io/service "*").
void build_sidecar(Builder& builder);

/// Where clients arrive: hosts and paths of MeshHTTPRoutes, everything else is a 404.
void build_edge(Builder& builder);

/// How a core location is entered, by proxies of the mesh only: kServiceHeader says where to.
void build_ingress(Builder& builder);

}  // namespace clew::mesh
