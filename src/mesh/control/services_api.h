// What people ask about the services of a mesh.
#pragma once

#include "mesh/resource/resource_store.h"
#include "mesh/resource/rest.h"
#include "net/http_server.h"

namespace clew::mesh {

/// Adds, for readers:
/// - GET /services: every destination of requests, in order of mesh and name; ?mesh= narrows it.
///   Each port of a MeshService is one: "name" is how routes call it ("shop:8081"), "service" what
///   it is a port of ("shop"), "sections" how policies may call the port (its name, its number;
///   none where no MeshService declares ports), "protocol", "external" (outside of the mesh), and
///   "zones": where it runs, with its ready instances there
/// - GET /meshes/{mesh}/services/{service}: one of them, as routes call it, or "shop:80" for the
///   first port; 404 says what there is
void add_services_api(net::HttpRoutes& routes, const ResourceStore& store,
                      const Authenticate& authenticate);

}  // namespace clew::mesh
