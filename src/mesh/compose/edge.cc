#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mesh/compose/debug.h"
#include "mesh/compose/edge_hardening.h"
#include "mesh/compose/proxies.h"
#include "mesh/compose/route.h"

namespace clew::mesh {
namespace {

constexpr char kRoutes[] = "edge";

/// {certificateFile | certificate, keyFile | key} as Envoy's TlsCertificate.
Json certificate(const Json& conf) {
  auto source = [&](const char* file, const char* text) -> Json {
    std::string name = text_at(conf, file);
    if (!name.empty()) return {{"filename", name}};
    return {{"inline_string", text_at(conf, text)}};
  };
  return {{"certificate_chain", source("certificateFile", "certificate")},
          {"private_key", source("keyFile", "key")}};
}

/// TLS of a public listener: of several certificates the one whose name is the SNI.
Json server_tls(const Json& tls, Json alpn) {
  Json certificates = Json::array();
  for (const Json& each : list_at(tls, "certificates")) certificates.push_back(certificate(each));
  return typed("extensions.transport_sockets.tls.v3.DownstreamTlsContext",
               {{"common_tls_context",
                 {{"tls_certificates", std::move(certificates)},
                  {"alpn_protocols", std::move(alpn)},
                  {"tls_params", {{"tls_minimum_protocol_version", "TLSv1_2"}}}}}});
}

Json tls_socket(const Json& tls) {
  return extension("envoy.transport_sockets.tls", server_tls(tls, Json::array({"h2", "http/1.1"})));
}

/// TLS as QUIC has it.
Json quic_socket(const Json& tls) {
  Json context = server_tls(tls, Json::array({"h3"}));
  context.erase("@type");
  return extension("envoy.transport_sockets.quic",
                   typed("extensions.transport_sockets.quic.v3.QuicDownstreamTransport",
                         {{"downstream_tls_context", std::move(context)}}));
}

/// Tells clients that come by TCP that the same is to be had by UDP; for a day.
Json offer_http3(uint16_t port) {
  Json header = {{"key", "alt-svc"}, {"value", fmt::format("h3=\":{}\"; ma=86400", port)}};
  Json set = {
      {"append", {{"header", std::move(header)}, {"append_action", "OVERWRITE_IF_EXISTS_OR_ADD"}}}};
  return extension("envoy.filters.http.header_mutation",
                   typed("extensions.filters.http.header_mutation.v3.HeaderMutation",
                         {{"mutations", {{"response_mutations", Json::array({std::move(set)})}}}}));
}

Json not_found() {
  return {{"match", {{"prefix", "/"}}},
          {"name", "not-found"},
          {"direct_response", {{"status", 404}, {"body", {{"inline_string", "not found\n"}}}}}};
}

/// A `to` of a MeshHTTPRoute that names hosts.
struct ToHosts {
  const ResourcePtr& route;
  const Json& to;
};

/// By host, what is looked at first at first; several MeshHTTPRoutes may add to one host.
std::map<std::string, std::vector<ToHosts>> public_hosts(const std::vector<ResourcePtr>& policies) {
  std::map<std::string, std::vector<ToHosts>> hosts;
  for (auto policy = policies.rbegin(); policy != policies.rend(); ++policy)
    for (const Json& to : list_at((*policy)->body, "spec.to"))
      for (const Json& name : list_at(to, "hostnames"))
        if (name.is_string()) hosts[name].push_back({*policy, to});
  // What no route takes is answered by one as well: only so does the answer name its trace.
  hosts.try_emplace("*");
  return hosts;
}

Draft public_host(const Context& context, const std::string& host,
                  const std::vector<ToHosts>& parts) {
  Routes routes;
  if (takes_debug_tokens(context)) routes.list = debug_routes(host);
  for (const ToHosts& part : parts) {
    Routes more = routes_of_rules(context, part.route, part.to);
    for (Json& route : more.list) routes.list.push_back(std::move(route));
    routes.services.merge(more.services);
    append_origins(routes.origins, more.origins);
  }
  routes.list.push_back(not_found());
  return own_host(std::string(kRoutes) + "/" + host, Json::array({host}), std::move(routes));
}

/// Hosts with their routes, of which only those are made that are not there yet.
Draft public_routes(const Context& context) {
  Draft made = route_configuration(kRoutes);
  ask_for_hosts(made);
  if (takes_debug_tokens(context)) share_with_debug_listener(made.body);
  made.body["response_headers_to_add"] = Json::array({trace_id_response_header()});
  made.body["response_headers_to_remove"] = Json::array({kUndeliveredHeader});
  auto policies = context.policies.matching("MeshHTTPRoute", context.proxy);
  for (const auto& [host, parts] : public_hosts(policies)) {
    Shelf::Key key{PieceType::kHost, std::string(kRoutes) + "/" + host, context.proxy.service,
                   context.group};
    auto item = context.shelf.get(key, [&] { return public_host(context, host, parts); });
    if (!item) {
      made.problem = item.error();
      break;
    }
    made.hosts.push_back((*item)->piece);
    made.services.insert((*item)->services.begin(), (*item)->services.end());
  }
  return made;
}

/// The connection manager of a public listener; `filters` are its own.
Json public_manager(Builder& builder, Json filters, std::vector<ResourceKey>& origins) {
  bool debug = takes_debug_tokens(builder.context);
  if (debug) filters.insert(filters.begin(), debug_token_filter(builder.context));
  ManagerOptions options{.name = kRoutes, .edge = true, .filters = std::move(filters)};
  Json manager = http_manager(builder, options, origins);
  if (debug) log_debug_requests_once(manager["typed_config"]);
  return manager;
}

/// HTTP/3 at the port of a listener for TCP, with the same routes.
void add_http3_listener(Builder& builder, const Json& conf, const std::string& address) {
  uint16_t port = port_at(conf, "port");
  std::string name = fmt::format("edge:{}:{}:h3", address, port);
  std::vector<ResourceKey> origins = {builder.context.proxy.dataplane->key};
  Json manager = public_manager(builder, Json::array(), origins);
  harden_http3(manager["typed_config"]);
  Json chain = {{"filters", Json::array({std::move(manager)})},
                {"transport_socket", quic_socket(at(conf, "tls"))}};
  Json made = listener(name, address, port, "INBOUND", Json::array({std::move(chain)}));
  made["address"]["socket_address"]["protocol"] = "UDP";
  made["udp_listener_config"] = {{"quic_options", Json::object()},
                                 {"downstream_socket_config", {{"prefer_gro", true}}}};
  made["enable_reuse_port"] = true;  // each of an Envoy's threads has its own socket
  builder.add({PieceType::kListener, name, std::move(made), std::move(origins)});
}

void add_listener(Builder& builder, const Json& conf) {
  const Json& networking = at(builder.context.proxy.dataplane->body, "networking");
  std::string address = text_at(conf, "address", text_at(networking, "address", "127.0.0.1"));
  uint16_t port = port_at(conf, "port");
  bool tls = text_at(conf, "protocol") == "HTTPS", http3 = tls && at(conf, "http3") == true;
  std::string name = fmt::format("edge:{}:{}", address, port);
  if (builder.has(PieceType::kListener, name)) return;
  std::vector<ResourceKey> origins = {builder.context.proxy.dataplane->key};
  Json filters = Json::array();
  if (http3) {
    filters.push_back(offer_http3(port));
    add_http3_listener(builder, conf, address);
  }
  Json chain = {{"filters", Json::array({public_manager(builder, std::move(filters), origins)})}};
  if (tls) chain["transport_socket"] = tls_socket(at(conf, "tls"));
  Json made = listener(name, address, port, "INBOUND", Json::array({std::move(chain)}));
  made["per_connection_buffer_limit_bytes"] = kEdgeBufferBytes;
  builder.add({PieceType::kListener, name, std::move(made), std::move(origins)});
}

}  // namespace

void build_edge(Builder& builder) {
  for (const Json& conf :
       list_at(builder.context.proxy.dataplane->body, "networking.gateway.listeners"))
    add_listener(builder, conf);
  const Context& context = builder.context;
  if (takes_debug_tokens(context)) add_debug_listener(builder, kRoutes);
  builder.add({PieceType::kRoutes, kRoutes, {}, context.group},
              [&] { return public_routes(context); });
}

}  // namespace clew::mesh
