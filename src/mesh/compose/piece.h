// What every part of the composer works from, and pieces of Envoy's JSON that many of them need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/compose/catalog.h"
#include "mesh/compose/policies.h"
#include "mesh/compose/shelf.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {

/// What a proxy says of itself in its configuration, and others of its kind say otherwise. These
/// are written down where they belong, but nothing may depend on what they say, only on how long
/// they are (0: there is none): proxies share forms with blanks for them (Shelf::form()).
struct OwnTexts {
  std::string name, service, place, datacenter, microvm, tenant;
  std::string address, host;  // where others reach it; the latter as it stands in URLs

  OwnTexts() = default;
  OwnTexts(const Catalog& catalog, const Proxy& proxy);
  /// From what list() gave, or a sample of it, and maybe more.
  explicit OwnTexts(const Shelf::Texts& texts);
  Shelf::Texts list() const;
};

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
  /// The same for proxies that the policies of what they do themselves do not tell apart.
  const std::string& own_group;
  OwnTexts own;
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
