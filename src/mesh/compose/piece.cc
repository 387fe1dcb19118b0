#include "mesh/compose/piece.h"

#include <algorithm>
#include <utility>

namespace clew::mesh {

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
