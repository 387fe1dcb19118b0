#include "mesh/compose/piece.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace clew::mesh {

namespace {

constexpr std::string OwnTexts::* kTexts[] = {
    &OwnTexts::name,    &OwnTexts::service, &OwnTexts::place,   &OwnTexts::datacenter,
    &OwnTexts::microvm, &OwnTexts::tenant,  &OwnTexts::address, &OwnTexts::host};

}  // namespace

OwnTexts::OwnTexts(const Catalog& catalog, const Proxy& proxy)
    : name(proxy.dataplane->key.name), service(proxy.service), place(proxy.place) {
  bool edge = proxy.kind == ProxyKind::kEdge;
  datacenter = (edge ? catalog.edge(place) : catalog.zone(place)).datacenter;
  const Json& body = proxy.dataplane->body;
  microvm = text_at(body, "microVM");
  tenant = text_at(body, "tenant");
  address = text_at(body, "networking.address");
  host = address.contains(':') ? "[" + address + "]" : address;
}

OwnTexts::OwnTexts(const Shelf::Texts& texts) {
  for (size_t i = 0; i < std::size(kTexts); ++i) this->*kTexts[i] = texts.at(i);
}

Shelf::Texts OwnTexts::list() const {
  Shelf::Texts all;
  for (auto text : kTexts) all.push_back(this->*text);
  return all;
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
