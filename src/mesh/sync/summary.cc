#include "mesh/sync/summary.h"

#include <nlohmann/json.hpp>

#include "mesh/compose/catalog.h"

namespace clew::mesh::sync {
namespace {

using Json = nlohmann::json;

void add(Contents& items, ItemKey key, Json body) {
  body["type"] = key.kind;
  body["mesh"] = key.mesh;
  body["name"] = key.name;
  std::string content = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  items.emplace(std::move(key), std::move(content));
}

}  // namespace

Contents summary_of(const World& world) {
  Contents items;
  for (const ResourcePtr& mesh : world.of("Mesh")) {
    Catalog catalog(world, mesh->key.name);
    for (const auto& [name, service] : catalog.services())
      for (const auto& [zone, ready] : service.ready())
        add(items, {kZoneService, catalog.mesh(), zone + "/" + name},
            {{"zone", zone}, {"service", name}, {"protocol", service.protocol}, {"ready", ready}});
    for (const auto& [zone, ingress] : catalog.ingresses())
      add(items, {kZoneIngress, catalog.mesh(), zone + "/" + ingress.dataplane->key.name},
          {{"zone", zone}, {"address", ingress.address}, {"port", ingress.port}});
  }
  return items;
}

}  // namespace clew::mesh::sync
