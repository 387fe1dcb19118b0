#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mesh/compose/cluster.h"
#include "mesh/compose/permission.h"
#include "mesh/compose/proxies.h"
#include "mesh/compose/route.h"
#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

constexpr char kIngressService[] = "clew-ingress";

/// Of an inbound's routes and statistics.
std::string inbound_name(const Instance& instance) {
  return fmt::format("inbound:{}", instance.port);
}

Draft inbound_routes(const Context& context, const Instance& instance) {
  Routes routes = routes_to_app(context, app_cluster_name(instance));
  Draft configuration = routes_for_all(inbound_name(instance), std::move(routes));
  // Not in the route, which removes before it adds.
  configuration.body["request_headers_to_remove"] = Json::array({kRequestIdHeader});
  return configuration;
}

/// The filters of one inbound: who may, and on to the app.
Json inbound_filters(Builder& builder, const Instance& instance, bool mtls,
                     std::vector<ResourceKey>& origins) {
  const Context& context = builder.context;
  std::string name = inbound_name(instance), app = app_cluster_name(instance);
  Permission permission;
  if (mtls) {
    permission = permission_of(context, context.proxy, kIngressService);
    append_origins(origins, permission.origins);
  }
  if (instance.protocol == "tcp") {
    Json filters = Json::array();
    if (mtls) filters.push_back(rbac_network_filter(permission));
    filters.push_back(tcp_proxy(
        builder, {.name = name, .cluster = app, .destination = instance.service}, origins));
    return filters;
  }
  ManagerOptions options{.name = name, .destination = instance.service};
  if (mtls) options.filters.push_back(rbac_http_filter(permission));
  return Json::array({http_manager(builder, options, origins)});
}

/// Strict: the mesh's TLS only. Permissive: what is not the mesh's TLS reaches the app as well.
Json inbound_chains(Builder& builder, const Instance& instance, std::vector<ResourceKey>& origins) {
  Mtls mtls = mtls_of(builder.context);
  append_origins(origins, mtls.origins);
  if (mtls.mode == MtlsMode::kOff)
    return Json::array({{{"filters", inbound_filters(builder, instance, false, origins)}}});
  Json secured = {{"filters", inbound_filters(builder, instance, true, origins)},
                  {"transport_socket",
                   mesh_server_socket(builder.context.catalog.mesh(), instance.protocol != "tcp")}};
  if (mtls.mode == MtlsMode::kStrict) return Json::array({std::move(secured)});
  secured["filter_chain_match"] = {{"transport_protocol", "tls"},
                                   {"application_protocols", Json::array({kMeshAlpn})}};
  Json plain = {{"filters", inbound_filters(builder, instance, false, origins)},
                {"filter_chain_match", {{"transport_protocol", "raw_buffer"}}}};
  std::vector<ResourceKey> ignored;
  TcpOptions passed{.name = fmt::format("inbound:{}:tls", instance.port),
                    .cluster = app_cluster_name(instance),
                    .destination = instance.service};
  Json foreign = {{"filters", Json::array({tcp_proxy(builder, passed, ignored)})},
                  {"filter_chain_match", {{"transport_protocol", "tls"}}}};
  return Json::array({std::move(secured), std::move(plain), std::move(foreign)});
}

Draft inbound_listener(Builder& builder, const Instance& instance) {
  std::vector<ResourceKey> origins;
  std::string name = fmt::format("inbound:{}:{}", instance.address, instance.port);
  Json chains = inbound_chains(builder, instance, origins);
  bool permissive = chains.size() > 1;
  Json made = listener(name, instance.address, instance.port, "INBOUND", std::move(chains));
  if (permissive)
    made["listener_filters"] = Json::array(
        {extension("envoy.filters.listener.tls_inspector",
                   typed("extensions.filters.listener.tls_inspector.v3.TlsInspector"))});
  return {PieceType::kListener, name, std::move(made), std::move(origins)};
}

void add_inbound(Builder& builder, const Instance& instance) {
  const Context& context = builder.context;
  std::string name = fmt::format("inbound:{}:{}", instance.address, instance.port);
  std::string app = app_cluster_name(instance);
  if (instance.protocol != "tcp")
    builder.add({PieceType::kRoutes, inbound_name(instance), {}, context.own_group + app},
                [&] { return inbound_routes(context, instance); });
  Builder::Blanks blanks{.type = PieceType::kListener,
                         .name = name,
                         .alike = fmt::format("{} {} {}", inbound_name(instance), instance.protocol,
                                              instance.app_port),
                         .more = {instance.address, instance.service, instance.app_address}};
  auto sample_of = [&](std::span<const std::string> texts) {
    Instance sample = instance;
    sample.address = texts[0], sample.service = texts[1], sample.app_address = texts[2];
    return sample;
  };
  builder.add(blanks, [&](Builder& other, std::span<const std::string> texts) {
    return inbound_listener(other, sample_of(texts));
  });
  blanks.type = PieceType::kCluster;
  blanks.name = app;
  builder.add(blanks, [&](Builder& other, std::span<const std::string> texts) {
    return app_cluster(other.context, sample_of(texts));
  });
}

/// A service's name, and as its DNS name in the mesh.
Json domains_of(const std::string& service) {
  return Json::array({service, service + ".mesh"});
}

/// Routes to a further port of a MeshService, which a request's Host names: "shop:8081".
Routes routes_to_port(const Context& context, const Service& service) {
  Routes routes = routes_to_service(context, service);
  std::string port = service.name.substr(service.port_of.size());
  for (Json& route : routes.list)
    route["match"]["headers"].push_back(
        {{"name", ":authority"}, {"string_match", {{"suffix", port}}}});
  return routes;
}

/// One port through which the app reaches every service by its name. Hosts are found whatever port
/// they name, so that of a service's ports stands in routes, before those of its first.
Draft routes_to_all(const Context& context, const std::string& name) {
  std::map<std::string, Routes> hosts;
  for (const auto& [service_name, service] : context.catalog.services()) {
    if (service.is_tcp()) continue;
    bool further = !service.port_of.empty();
    Routes routes =
        further ? routes_to_port(context, service) : routes_to_service(context, service);
    Routes& host = hosts[service.known_as()];
    host.list.insert(further ? host.list.begin() : host.list.end(), routes.list.begin(),
                     routes.list.end());
    host.services.merge(routes.services);
    append_origins(host.origins, routes.origins);
  }
  Draft configuration = route_configuration(name);
  for (auto& [service, routes] : hosts)
    add_host(configuration, service, domains_of(service), std::move(routes));
  return configuration;
}

/// Also for a service that nobody runs yet: its requests are answered with 503 until then.
Draft routes_to(const Context& context, const std::string& name, const std::string& target) {
  const Service* known = context.catalog.service(target);
  Service absent{.name = target};
  return routes_for_all(name, routes_to_service(context, known != nullptr ? *known : absent));
}

/// MeshTimeout of connections to a service that speaks no HTTP; its origins are those that speak of
/// what listeners have of it.
Merged timeout_of_tcp(const Context& context, const Service& service) {
  Merged merged = context.policies.outbound("MeshTimeout", context.proxy, destinations_of(service));
  std::erase_if(merged.origins, [&](const ResourceKey& key) {
    ResourcePtr policy = context.world.find(key);
    return !policy || !speaks_of_idle(*policy);
  });
  return merged;
}

void add_outbound(Builder& builder, const Json& outbound) {
  const Context& context = builder.context;
  auto tags = texts_at(outbound, "tags");
  const Json& backend = at(outbound, "backendRef");
  std::string target =
      context.catalog.destination(text_at(backend, "name"), port_at(backend, "port"));
  if (auto tag = tags.find("kuma.io/service"); tag != tags.end()) target = tag->second;
  std::string address = text_at(outbound, "address", "127.0.0.1");
  uint16_t port = port_at(outbound, "port");
  std::string name = fmt::format("outbound:{}:{}", address, port);
  const Service* service = context.catalog.service(target);
  bool all = target == "*", tcp = service != nullptr && service->is_tcp();
  builder.all_services |= all;
  if (tcp)
    builder.services.insert(target);
  else
    builder.add({PieceType::kRoutes, name, target, context.group}, [&] {
      return all ? routes_to_all(context, name) : routes_to(context, name, target);
    });
  Merged timeout = tcp ? timeout_of_tcp(context, *service) : Merged();
  std::string idle = duration_at(timeout.conf, "idleTimeout");
  Builder::Blanks blanks{.type = PieceType::kListener,
                         .name = name,
                         .alike = fmt::format("{} {} {}", name, tcp ? "tcp" : "http", idle),
                         .more = {all ? "" : target}};
  for (const ResourceKey& key : timeout.origins) blanks.alike += " " + key.name;
  builder.add(blanks, [&](Builder& other, std::span<const std::string> texts) {
    const std::string& destination = texts[0];
    std::vector<ResourceKey> origins = timeout.origins;
    Json filter =
        tcp ? tcp_proxy(other,
                        {.name = name,
                         .cluster = destination,
                         .destination = destination,
                         .outbound = true,
                         .idle_timeout = idle},
                        origins)
            : http_manager(other, {.name = name, .outbound = true, .destination = destination},
                           origins);
    Json chain = {{"filters", Json::array({std::move(filter)})}};
    return Draft{.type = PieceType::kListener,
                 .name = name,
                 .body = listener(name, address, port, "OUTBOUND", Json::array({std::move(chain)})),
                 .origins = std::move(origins)};
  });
}

}  // namespace

void build_sidecar(Builder& builder) {
  const Context& context = builder.context;
  for (const Instance& instance : instances_of(context.proxy.dataplane, context.proxy))
    add_inbound(builder, instance);
  for (const Json& outbound : list_at(context.proxy.dataplane->body, "networking.outbound"))
    add_outbound(builder, outbound);
}

}  // namespace clew::mesh
