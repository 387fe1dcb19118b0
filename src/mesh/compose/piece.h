// What the composer makes: named Envoy resources in the JSON form of Envoy's own API.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mesh/compose/catalog.h"
#include "mesh/compose/json_access.h"
#include "mesh/compose/policies.h"

namespace clew::mesh {

/// Of an xDS resource; in the order in which Envoy wants to hear of them.
enum class PieceType { kRuntime, kSecret, kCluster, kEndpoints, kListener, kRoutes };
const char* name_of(PieceType type);  // "runtime", "secret", "cluster", …
/// Of envoy_api.h.
std::string_view type_url_of(PieceType type);

/// One resource of Envoy, immutable, shared by all proxies that have it.
struct Piece {
  PieceType type = PieceType::kCluster;
  std::string name;
  Json body;                         // without "@type": the type says it
  std::vector<ResourceKey> origins;  // the dataplanes and policies it was made from
};
using PiecePtr = std::shared_ptr<const Piece>;

/// What every part of the composer works from: one proxy in one World.
struct Context {
  const World& world;
  const Catalog& catalog;
  const Policies& policies;
  const Proxy& proxy;
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
