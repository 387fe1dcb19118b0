// What people do with identities: tokens of proxies, certificates, authorities.
#pragma once

#include "mesh/control/identities.h"
#include "mesh/control/proxy_gate.h"
#include "mesh/resource/rest.h"
#include "net/http_server.h"

namespace clew::mesh {

/// Adds, with a note of every change in the history:
/// - POST /tokens/dataplane {"mesh", "name", "validFor"}: a token for a proxy (operators); DELETE
///   /tokens/dataplane/{mesh}/{name} takes all of a proxy's back
/// - GET /certificates: of every identity in use, with what is wrong (readers)
/// - GET /meshes/{mesh}/authority: what is trusted, and what signs (readers)
/// - POST /meshes/{mesh}/authority/{step}: begin, activate or finish a rotation (admins)
void add_identity_api(net::HttpRoutes& routes, ResourceStore& store, Identities& identities,
                      ProxyGate& gate, const Authenticate& authenticate);

}  // namespace clew::mesh
