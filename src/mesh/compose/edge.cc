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
Json server_socket(const Json& tls) {
  Json certificates = Json::array();
  for (const Json& each : list_at(tls, "certificates")) certificates.push_back(certificate(each));
  return extension("envoy.transport_sockets.tls",
                   typed("extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                         {{"common_tls_context",
                           {{"tls_certificates", std::move(certificates)},
                            {"alpn_protocols", Json::array({"h2", "http/1.1"})},
                            {"tls_params", {{"tls_minimum_protocol_version", "TLSv1_2"}}}}}}));
}

Json not_found() {
  return {{"match", {{"prefix", "/"}}},
          {"name", "not-found"},
          {"direct_response", {{"status", 404}, {"body", {{"inline_string", "not found\n"}}}}}};
}

/// Hosts with their routes; several MeshHTTPRoutes may add to one host.
Draft public_routes(const Context& context) {
  std::map<std::string, Routes> hosts;
  auto policies = context.policies.matching("MeshHTTPRoute", context.proxy);
  for (auto policy = policies.rbegin(); policy != policies.rend(); ++policy) {
    for (const Json& to : list_at((*policy)->body, "spec.to")) {
      const Json& names = list_at(to, "hostnames");
      if (names.empty()) continue;  // requests between services
      Routes routes = routes_of_rules(context, *policy, to);
      for (const Json& name : names) {
        if (!name.is_string()) continue;
        Routes& host = hosts[name];
        for (const Json& route : routes.list) host.list.push_back(route);
        host.services.insert(routes.services.begin(), routes.services.end());
        append_origins(host.origins, routes.origins);
      }
    }
  }
  // What no route takes is answered by one as well: only so does the answer name its trace.
  hosts.try_emplace("*");
  Draft made = route_configuration(kRoutes);
  bool debug = takes_debug_tokens(context);
  if (debug) share_with_debug_listener(made.body);
  made.body["response_headers_to_add"] = Json::array({trace_id_response_header()});
  for (auto& [name, routes] : hosts) {
    routes.list.push_back(not_found());
    if (debug) {
      Json first = debug_routes(name);
      routes.list.insert(routes.list.begin(), first.begin(), first.end());
    }
    Json domains = Json::array({name});
    if (name != "*") domains.push_back(name + ":*");
    add_host(made, name, std::move(domains), std::move(routes));
  }
  return made;
}

void add_listener(Builder& builder, const Json& conf) {
  const Json& networking = at(builder.context.proxy.dataplane->body, "networking");
  std::string address = text_at(conf, "address", text_at(networking, "address", "127.0.0.1"));
  uint16_t port = port_at(conf, "port");
  std::string name = fmt::format("edge:{}:{}", address, port);
  std::vector<ResourceKey> origins = {builder.context.proxy.dataplane->key};
  ManagerOptions options{.name = kRoutes, .edge = true};
  if (takes_debug_tokens(builder.context))
    options.filters.push_back(debug_token_filter(builder.context));
  Json chain = {{"filters", Json::array({http_manager(builder, options, origins)})}};
  if (text_at(conf, "protocol") == "HTTPS")
    chain["transport_socket"] = server_socket(at(conf, "tls"));
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
