// What people ask a control plane about others.
#pragma once

#include <memory>

#include "mesh/resource/rest.h"
#include "mesh/sync/node.h"
#include "net/http_server.h"

namespace clew::mesh {

/// Adds, with `node` null where there is only one control plane, whose mode is "standalone":
/// - GET /control-planes (readers): {"self": {"name", "mode", "zone"}, "items", "conflicts",
///   "problem"}; an item of each that was ever connected to this one: "name", "mode", "zone",
///   "connected", "called" (by this one), "connected_unix_nano", "heard_unix_nano",
///   "lag_seconds" (for how long it has lacked something), "clock_ahead_seconds", "sent",
///   "received" (items), "last_error"; and of each that is called in vain: "url", "connected":
///   false, "last_error"
/// - POST /tokens/zone {"zone", "validFor"} and DELETE /tokens/zone/{zone} (admins): the tokens
///   that a zone's control planes show; both stand in the history
void add_control_plane_api(net::HttpRoutes& routes, ResourceStore& store, sync::Node* node,
                           const Authenticate& authenticate);

/// clew_mesh_control_plane_… until what is returned is destroyed.
[[nodiscard]] std::shared_ptr<void> add_control_plane_metrics(const sync::Node& node);

}  // namespace clew::mesh
