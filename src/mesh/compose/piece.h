// What every part of the composer works from, and pieces of Envoy's JSON that many of them need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/compose/catalog.h"
#include "mesh/compose/json_access.h"
#include "mesh/compose/policies.h"
#include "mesh/compose/shelf.h"

namespace clew::mesh {

/// What every part of the composer works from: one proxy in one World.
struct Context {
  const World& world;
  const Catalog& catalog;
  const Policies& policies;
  const Proxy& proxy;
  /// The same for proxies of one kind that the policies of what they send do not tell apart.
  const std::string& group;
  Shelf& shelf;
  /// What edges check debug tokens with (a JSON Web Key Set); empty: there are none.
  const std::string& debug_keys;
};

/// Takes what `json` says of it ("@type": "type.googleapis.com/envoy." + `type`) as one object.
Json typed(std::string_view type, Json json = Json::object());

/// {"name": …, "typed_config": {…}}, as extensions stand in Envoy's lists.
Json extension(std::string_view name, Json typed_config);

/// Envoy's address of a TCP port.
Json socket_address(const std::string& address, uint16_t port);

/// Where Envoy shall ask for a resource: at the control plane it is connected to.
Json from_ads();

void append_origins(std::vector<ResourceKey>& to, const std::vector<ResourceKey>& more);

}  // namespace clew::mesh
