#include "mesh/control/services_api.h"

#include <string>
#include <utility>

#include "mesh/compose/catalog.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {
namespace {

using net::HttpRequest;
using net::HttpResponse;

Json json_of(const Service& service, const std::string& mesh) {
  Json zones = Json::array();
  for (const auto& [zone, instances] : service.ready())
    zones.push_back({{"zone", zone}, {"instances", instances}});
  return {{"mesh", mesh},
          {"name", service.name},
          {"service", service.known_as()},
          {"sections", service.sections},
          {"protocol", service.protocol},
          {"external", service.external != nullptr},
          {"zones", std::move(zones)}};
}

Result<HttpResponse> services(const World& world, std::string_view wanted) {
  Json items = Json::array();
  for (const ResourcePtr& mesh : world.of("Mesh")) {
    const std::string& name = mesh->key.name;
    if (!wanted.empty() && wanted != name) continue;
    Catalog catalog(world, name);
    for (const auto& [key, service] : catalog.services()) items.push_back(json_of(service, name));
  }
  return json_answer(200, {{"total", items.size()}, {"items", std::move(items)}});
}

Result<HttpResponse> service(const World& world, const HttpRequest& request) {
  Catalog catalog(world, std::string(request.path_param("mesh")));
  auto found = service_called(catalog, std::string(request.path_param("service")));
  if (!found) return std::unexpected(found.error());
  return json_answer(200, json_of(**found, catalog.mesh()));
}

}  // namespace

void add_services_api(net::HttpRoutes& routes, const ResourceStore& store,
                      const Authenticate& authenticate) {
  routes.add("GET", "/services",
             guarded(authenticate, Role::kReader, [&](const HttpRequest& request, const Operator&) {
               return services(*store.world(), request.query_param("mesh").value_or(""));
             }));
  routes.add("GET", "/meshes/{mesh}/services/{service}",
             guarded(authenticate, Role::kReader, [&](const HttpRequest& request, const Operator&) {
               return service(*store.world(), request);
             }));
}

}  // namespace clew::mesh
