#include "mesh/compose/piece.h"

#include <algorithm>
#include <utility>

#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh {

const char* name_of(PieceType type) {
  switch (type) {
    case PieceType::kRuntime:
      return "runtime";
    case PieceType::kSecret:
      return "secret";
    case PieceType::kCluster:
      return "cluster";
    case PieceType::kEndpoints:
      return "endpoints";
    case PieceType::kListener:
      return "listener";
    case PieceType::kRoutes:
      return "routes";
  }
  return "";
}

std::string_view type_url_of(PieceType type) {
  switch (type) {
    case PieceType::kRuntime:
      return envoy_api::kRuntime;
    case PieceType::kSecret:
      return envoy_api::kSecret;
    case PieceType::kCluster:
      return envoy_api::kCluster;
    case PieceType::kEndpoints:
      return envoy_api::kEndpoint;
    case PieceType::kListener:
      return envoy_api::kListener;
    case PieceType::kRoutes:
      return envoy_api::kRoute;
  }
  return "";
}

Json typed(std::string_view type, Json json) {
  json["@type"] = "type.googleapis.com/envoy." + std::string(type);
  return json;
}

Json extension(std::string_view name, Json typed_config) {
  return {{"name", name}, {"typed_config", std::move(typed_config)}};
}

Json socket_address(const std::string& address, uint16_t port) {
  return {{"socket_address", {{"address", address}, {"port_value", port}}}};
}

Json from_ads() {
  return {{"ads", Json::object()}, {"resource_api_version", "V3"}};
}

void append_origins(std::vector<ResourceKey>& to, const std::vector<ResourceKey>& more) {
  for (const ResourceKey& key : more)
    if (std::ranges::find(to, key) == to.end()) to.push_back(key);
}

}  // namespace clew::mesh
