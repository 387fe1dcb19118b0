#include "main/proxy_bootstrap.h"

#include <fmt/format.h>

#include <utility>

#include "mesh/compose/endpoint_text.h"
#include "mesh/compose/piece.h"
#include "net/http_client.h"
#include "net/secret.h"

namespace clew {
namespace {

using Json = nlohmann::json;

constexpr char kCluster[] = "clew_control_plane";

Json control_plane(const ControlPlaneAddress& target, const std::string& ca_file) {
  using mesh::is_ip;
  Json options =
      mesh::typed("extensions.upstreams.http.v3.HttpProtocolOptions",
                  {{"explicit_http_config",
                    {{"http2_protocol_options",
                      {{"connection_keepalive", {{"interval", "30s"}, {"timeout", "10s"}}}}}}}});
  Json cluster = {
      {"name", kCluster},
      {"type", is_ip(target.host) ? "STATIC" : "STRICT_DNS"},
      {"connect_timeout", "5s"},
      {"typed_extension_protocol_options",
       {{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions", std::move(options)}}},
      {"load_assignment", mesh::load_assignment(kCluster, {{target.host, target.port}})}};
  if (!target.tls) return cluster;
  std::string ca = ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : ca_file;
  Json validation = {{"trusted_ca", {{"filename", ca}}}};
  const char* san = is_ip(target.host) ? "IP_ADDRESS" : "DNS";
  validation["match_typed_subject_alt_names"] =
      Json::array({{{"san_type", san}, {"matcher", {{"exact", target.host}}}}});
  Json tls = mesh::typed(
      "extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      {{"common_tls_context",
        {{"validation_context", std::move(validation)}, {"alpn_protocols", Json::array({"h2"})}}}});
  if (!is_ip(target.host)) tls["sni"] = target.host;
  cluster["transport_socket"] = mesh::extension("envoy.transport_sockets.tls", std::move(tls));
  return cluster;
}

}  // namespace

Result<ControlPlaneAddress> control_plane_of(const std::string& url) {
  if (auto checked = net::check_url(url); !checked) return std::unexpected(checked.error());
  ControlPlaneAddress target{.tls = url.starts_with("https://")};
  std::string_view rest(url);
  rest.remove_prefix(target.tls ? 8 : 7);
  auto address = net::Address::parse(std::string(rest.substr(0, rest.find('/'))));
  if (!address)
    return fail(Code::kInvalid, "{}: wants a host and a port, as https://mesh:5678", url);
  target.host = address->host;
  target.port = address->port;
  return target;
}

Result<Json> proxy_bootstrap(const ProxyOptions& options) {
  auto target = control_plane_of(options.control_plane);
  if (!target) return std::unexpected(target.error());
  // Envoy's own waits up to 30 s before it tries again; a control plane is back sooner.
  Json back_off = {{"base_interval", "0.2s"}, {"max_interval", "5s"}};
  Json grpc = {
      {"envoy_grpc",
       {{"cluster_name", kCluster}, {"retry_policy", {{"retry_back_off", std::move(back_off)}}}}}};
  if (!options.token_file.empty()) {
    auto token = net::Secret::in_file(options.token_file).text();
    if (!token) return std::unexpected(token.error());
    grpc["initial_metadata"] =
        Json::array({{{"key", "authorization"}, {"value", "Bearer " + *token}}});
  }
  Json ads = mesh::from_ads();
  Json rtds = {{"name", "clew"}, {"rtds_layer", {{"name", "clew"}, {"rtds_config", ads}}}};
  Json node = {{"id", fmt::format("{}.{}", options.mesh, options.name)},
               {"cluster", options.service.empty() ? options.name : options.service}};
  if (!options.zone.empty()) node["locality"] = {{"zone", options.zone}};
  // An edge has one, to which only itself can connect: mesh/compose/debug.h.
  Json internal_listeners =
      mesh::extension("envoy.bootstrap.internal_listener",
                      mesh::typed("extensions.bootstrap.internal_listener.v3.InternalListener"));
  Json bootstrap{
      {"node", std::move(node)},
      {"bootstrap_extensions", Json::array({std::move(internal_listeners)})},
      {"admin", {{"address", mesh::socket_address(options.admin.host, options.admin.port)}}},
      {"layered_runtime",
       {{"layers",
         Json::array({std::move(rtds), {{"name", "admin"}, {"admin_layer", Json::object()}}})}}},
      {"dynamic_resources",
       {{"lds_config", ads},
        {"cds_config", ads},
        {"ads_config",
         {{"api_type", "DELTA_GRPC"},
          {"transport_api_version", "V3"},
          {"set_node_on_first_message_only", true},
          {"grpc_services", Json::array({grpc})}}}}},
      {"static_resources", {{"clusters", Json::array({control_plane(*target, options.ca_file)})}}}};
  if (options.edge)
    bootstrap["cluster_manager"]["load_stats_config"] = {
        {"api_type", "GRPC"},
        {"transport_api_version", "V3"},
        {"grpc_services", Json::array({std::move(grpc)})}};
  return bootstrap;
}

}  // namespace clew
