// What people ask a control plane about its proxies.
#pragma once

#include "mesh/control/identities.h"
#include "mesh/control/planner.h"
#include "mesh/resource/resource_store.h"
#include "mesh/resource/rest.h"
#include "mesh/xds/server.h"
#include "net/http_server.h"

namespace clew::mesh {

/// What another control plane says of the proxy of a Dataplane, as fields of GET /proxies; nothing
/// if it is not known there, or the proxy is connected here.
using ProxyElsewhere = std::function<std::optional<Json>(const ResourceKey& dataplane)>;

/// Adds, for readers:
/// - GET /proxies: every Dataplane with kind, service, place, whether it is connected, whether it
///   has answered for its newest configuration, what it has refused; ?mesh= narrows it. Of one that
///   is connected to another control plane, "elsewhere", that one's name
/// - GET /meshes/{mesh}/dataplanes/{name}/_config: its Envoy resources, and what each came from
/// - GET /meshes/{mesh}/dataplanes/{name}/_overview: its Dataplane, connection, and of every
///   resource the version that was sent, the one in force, and a refusal in Envoy's own words; of
///   every type when it last accepted a response (ACK) and refused one (NACK); with mTLS its
///   certificate
/// - GET /meshes/{mesh}/{plural}/{name}/_resources/dataplanes: whom a resource reaches, as Kuma
/// says
///   it: {"total", "items": [{"type", "mesh", "name"}]}
/// - POST /diff: of resources as in POST /apply, what would change on which proxies
void add_inspection(net::HttpRoutes& routes, const ResourceStore& store, const Planner& planner,
                    const xds::XdsServer& server, const Identities& identities,
                    const Authenticate& authenticate, ProxyElsewhere elsewhere = nullptr);

}  // namespace clew::mesh
