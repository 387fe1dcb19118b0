// MeshTrafficPermission as Envoy's role-based access control: who may send requests to whom.
#pragma once

#include <optional>
#include <vector>

#include "mesh/compose/piece.h"

namespace clew::mesh {

/// The rules of one destination (extensions.filters.{http,network}.rbac.v3, `rules` or
/// `shadow_rules`).
struct Permission {
  Json rules;              // who is let in; everyone else is not
  Json shadow_rules = {};  // null: none. Who would be let in; only counted
  std::vector<ResourceKey> origins = {};
};

/// What holds for requests to `proxy`. Both of Kuma's forms: `from` with targetRefs and an action,
/// and `rules` with SPIFFE IDs. Without any policy nobody is let in, as with Kuma. Requests that
/// come through an ingress were judged there, where their sender's certificate was seen: `through`
/// is the ingress's own identity, let in as well if it is given.
Permission permission_of(const Context& context, const Proxy& proxy,
                         const std::optional<std::string>& through);

/// The HTTP filter, and its override for one route.
Json rbac_http_filter(const Permission& permission);
Json rbac_per_route(const Permission& permission);
/// The network filter, for TCP.
Json rbac_network_filter(const Permission& permission);

}  // namespace clew::mesh
