#include <fmt/format.h>

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

/// The filters of one inbound: who may, and on to the app.
Json inbound_filters(Builder& builder, const Instance& instance, bool mtls,
                     std::vector<ResourceKey>& origins) {
  const Context& context = builder.context;
  std::string name = fmt::format("inbound:{}", instance.port), app = app_cluster_name(instance);
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
  Routes routes = routes_to_app(context, app);
  Draft configuration = routes_for_all(name, std::move(routes));
  // Not in the route, which removes before it adds.
  configuration.body["request_headers_to_remove"] = Json::array({kRequestIdHeader});
  builder.add(configuration);
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

void add_inbound(Builder& builder, const Instance& instance) {
  std::vector<ResourceKey> origins = {instance.dataplane->key};
  std::string name = fmt::format("inbound:{}:{}", instance.address, instance.port);
  if (builder.has(PieceType::kListener, name)) return;
  Json chains = inbound_chains(builder, instance, origins);
  bool permissive = chains.size() > 1;
  Json made = listener(name, instance.address, instance.port, "INBOUND", std::move(chains));
  if (permissive)
    made["listener_filters"] = Json::array(
        {extension("envoy.filters.listener.tls_inspector",
                   typed("extensions.filters.listener.tls_inspector.v3.TlsInspector"))});
  builder.add({PieceType::kListener, name, std::move(made), std::move(origins)});
  builder.add(app_cluster(builder.context, instance));
}

/// A service's name, and as its DNS name in the mesh.
Json domains_of(const std::string& service) {
  return Json::array({service, service + ".mesh"});
}

/// One port through which the app reaches every service by its name.
Draft routes_to_all(const Context& context, const std::string& name) {
  Draft routes = route_configuration(name);
  for (const auto& [service_name, service] : context.catalog.services())
    if (!service.is_tcp())
      add_host(routes, service_name, domains_of(service_name), routes_to_service(context, service));
  return routes;
}

/// Also for a service that nobody runs yet: its requests are answered with 503 until then.
Draft routes_to(const Context& context, const std::string& name, const std::string& target) {
  const Service* known = context.catalog.service(target);
  Service absent{.name = target};
  return routes_for_all(name, routes_to_service(context, known != nullptr ? *known : absent));
}

void add_outbound(Builder& builder, const Json& outbound) {
  const Context& context = builder.context;
  auto tags = texts_at(outbound, "tags");
  std::string target = text_at(outbound, "backendRef.name");
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
  if (builder.has(PieceType::kListener, name)) return;
  std::vector<ResourceKey> origins = {context.proxy.dataplane->key};
  Json filter =
      tcp ? tcp_proxy(builder,
                      {.name = name, .cluster = target, .destination = target, .outbound = true},
                      origins)
          : http_manager(builder,
                         {.name = name, .outbound = true, .destination = all ? "" : target},
                         origins);
  Json chain = {{"filters", Json::array({std::move(filter)})}};
  builder.add({PieceType::kListener, name,
               listener(name, address, port, "OUTBOUND", Json::array({std::move(chain)})),
               std::move(origins)});
}

}  // namespace

void build_sidecar(Builder& builder) {
  const Context& context = builder.context;
  for (const Json& inbound : list_at(context.proxy.dataplane->body, "networking.inbound")) {
    std::string name = text_at(inbound, "name");
    int64_t port = number_at(inbound, "port", 0);
    const Service* service = nullptr;
    auto tags = texts_at(inbound, "tags");
    auto tag = tags.find("kuma.io/service");
    service = context.catalog.service(tag == tags.end() ? context.proxy.service : tag->second);
    if (service == nullptr) continue;
    for (const Instance& instance : service->instances)
      if (instance.dataplane == context.proxy.dataplane && instance.port == port)
        add_inbound(builder, instance);
  }
  for (const Json& outbound : list_at(context.proxy.dataplane->body, "networking.outbound"))
    add_outbound(builder, outbound);
}

}  // namespace clew::mesh
