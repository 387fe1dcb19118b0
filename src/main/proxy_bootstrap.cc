#include "main/proxy_bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mesh/compose/endpoint_text.h"
#include "mesh/compose/piece.h"
#include "net/secret.h"

namespace clew {
namespace {

using Json = nlohmann::json;

constexpr char kCluster[] = "clew_control_plane";

using Urls = std::vector<ControlPlaneUrl>;

Json endpoints(const Urls& urls) {
  Json members = Json::array();
  for (const ControlPlaneUrl& url : urls) {
    Json endpoint = {{"address", mesh::socket_address(url.host, url.port)}};
    if (!mesh::is_ip(url.host)) endpoint["hostname"] = url.host;
    members.push_back({{"endpoint", std::move(endpoint)}});
  }
  return {{"cluster_name", kCluster},
          {"endpoints", Json::array({{{"lb_endpoints", std::move(members)}}})}};
}

Json tls_socket(const Urls& urls, const std::string& ca_file) {
  std::string ca = ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : ca_file;
  Json names = Json::array();
  for (const ControlPlaneUrl& url : urls)
    names.push_back({{"san_type", mesh::is_ip(url.host) ? "IP_ADDRESS" : "DNS"},
                     {"matcher", {{"exact", url.host}}}});
  Json validation = {{"trusted_ca", {{"filename", ca}}}};
  validation["match_typed_subject_alt_names"] = std::move(names);
  Json tls = mesh::typed(
      "extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      {{"common_tls_context",
        {{"validation_context", std::move(validation)}, {"alpn_protocols", Json::array({"h2"})}}}});
  tls["auto_host_sni"] = true;  // the name of whichever endpoint it is
  return mesh::extension("envoy.transport_sockets.tls", std::move(tls));
}

Json control_plane(const Urls& urls, const std::string& ca_file) {
  bool several = urls.size() > 1;
  Json keepalive = {{"interval", several ? "15s" : "30s"}, {"timeout", several ? "5s" : "10s"}};
  Json options = mesh::typed(
      "extensions.upstreams.http.v3.HttpProtocolOptions",
      {{"explicit_http_config",
        {{"http2_protocol_options", {{"connection_keepalive", std::move(keepalive)}}}}}});
  bool all_ip = std::ranges::all_of(urls, [](const auto& url) { return mesh::is_ip(url.host); });
  Json cluster = {{"name", kCluster},
                  {"type", all_ip ? "STATIC" : "STRICT_DNS"},
                  {"connect_timeout", several ? "2s" : "5s"},
                  {"load_assignment", endpoints(urls)}};
  cluster["typed_extension_protocol_options"] = {
      {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions", std::move(options)}};
  if (urls.front().tls) cluster["transport_socket"] = tls_socket(urls, ca_file);
  if (several)  // one that is gone is left alone for a while, so the next try goes to another
    cluster["outlier_detection"] = {{"split_external_local_origin_errors", true},
                                    {"consecutive_local_origin_failure", 1},
                                    {"interval", "1s"},
                                    {"base_ejection_time", "10s"},
                                    {"max_ejection_percent", 99}};
  return cluster;
}

}  // namespace

Result<Urls> control_planes_of(const ProxyOptions& options) {
  Urls urls;
  for (const std::string& text : options.control_planes) {
    auto several = control_plane_urls(text);
    if (!several) return several;
    urls.insert(urls.end(), several->begin(), several->end());
  }
  if (urls.empty()) return fail(Code::kInvalid, "no control plane is given");
  auto tls = std::ranges::count_if(urls, &ControlPlaneUrl::tls);
  if (tls != 0 && tls != std::ssize(urls))
    return fail(Code::kInvalid, "of several control planes all or none must be https");
  return urls;
}

Result<Json> proxy_bootstrap(const ProxyOptions& options) {
  auto urls = control_planes_of(options);
  if (!urls) return std::unexpected(urls.error());
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
      {"static_resources", {{"clusters", Json::array({control_plane(*urls, options.ca_file)})}}}};
  if (options.edge)
    bootstrap["cluster_manager"]["load_stats_config"] = {
        {"api_type", "GRPC"},
        {"transport_api_version", "V3"},
        {"grpc_services", Json::array({std::move(grpc)})}};
  return bootstrap;
}

}  // namespace clew
