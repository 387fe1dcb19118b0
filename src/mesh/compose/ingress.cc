#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mesh/compose/permission.h"
#include "mesh/compose/proxies.h"
#include "mesh/compose/route.h"
#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

constexpr char kRoutes[] = "ingress";
constexpr char kRbacFilter[] = "envoy.filters.http.rbac";

/// Answers health checks of edges in the gateway itself; they are no requests for a service.
Json health_check_filter() {
  return extension(
      "envoy.filters.http.health_check",
      typed("extensions.filters.http.health_check.v3.HealthCheck",
            {{"pass_through_mode", false},
             {"headers",
              Json::array({{{"name", ":path"}, {"string_match", {{"exact", kIngressHealthPath}}}},
                           {{"name", kServiceHeader}, {"present_match", false}}})}}));
}

/// As which the destination's permissions are looked at: an instance of it that requests may reach
/// from here. A MeshService's instances in other zones may be known otherwise, and let in others.
Proxy destination_of(const Service& service, const std::string& zone) {
  auto here = std::ranges::find(service.instances, zone, &Instance::zone);
  return here == service.instances.end() ? Proxy{.service = service.known_as()}
                                         : proxy_of(here->dataplane);
}

/// A virtual host for each service that runs here, found by kServiceHeader.
Draft service_routes(const Context& context, bool mtls) {
  Draft made = route_configuration(kRoutes);
  made.body["vhost_header"] = kServiceHeader;
  made.body.erase("ignore_port_in_host_matching");  // one service's name ends in a port
  for (const auto& [name, service] : context.catalog.services()) {
    if (service.is_tcp() || service.external || !service.runs_in(context.proxy.place)) continue;
    Routes routes = routes_in_zone(context, service);
    if (mtls) {
      Permission permission =
          permission_of(context, destination_of(service, context.proxy.place), std::nullopt);
      append_origins(routes.origins, permission.origins);
      routes.list[0]["typed_per_filter_config"] = {{kRbacFilter, rbac_per_route(permission)}};
    }
    add_host(made, name, Json::array({name}), std::move(routes));
  }
  return made;
}

}  // namespace

void build_ingress(Builder& builder) {
  const Context& context = builder.context;
  const Json& networking = at(context.proxy.dataplane->body, "networking");
  std::vector<ResourceKey> origins = {context.proxy.dataplane->key};
  Mtls mtls = mtls_of(context);
  append_origins(origins, mtls.origins);
  // A permissive ingress would let anyone in from outside: there is none.
  bool secured = mtls.mode != MtlsMode::kOff;
  ManagerOptions options{.name = kRoutes};
  options.filters.push_back(health_check_filter());
  if (secured) {
    // What no route lets in is not let in.
    Permission nobody{.rules = {{"action", "ALLOW"}, {"policies", Json::object()}}};
    options.filters.push_back(rbac_http_filter(nobody));
  }
  for (const Json& conf : list_at(networking, "gateway.listeners")) {
    std::string address = text_at(conf, "address", text_at(networking, "address", "127.0.0.1"));
    uint16_t port = port_at(conf, "port");
    std::string name = fmt::format("ingress:{}:{}", address, port);
    if (builder.has(PieceType::kListener, name)) continue;
    Json chain = {{"filters", Json::array({http_manager(builder, options, origins)})}};
    if (secured) chain["transport_socket"] = mesh_server_socket(context.catalog.mesh(), true);
    builder.add({PieceType::kListener, name,
                 listener(name, address, port, "INBOUND", Json::array({std::move(chain)})),
                 origins});
  }
  builder.add({PieceType::kRoutes, kRoutes, {}, context.group + context.proxy.place},
              [&] { return service_routes(context, secured); });
}

}  // namespace clew::mesh
