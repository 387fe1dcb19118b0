#include "mesh/compose/collector.h"

#include <utility>

namespace clew::mesh {

Endpoint otel_endpoint(const Context& context, const Json& backend,
                       std::vector<ResourceKey>& origins) {
  std::string name = text_at(backend, "backendRef.name");
  ResourceKey key{"MeshOpenTelemetryBackend", context.catalog.mesh(), name};
  auto referred = name.empty() ? nullptr : context.world.find(key);
  if (!referred) return parse_endpoint(text_at(backend, "endpoint"));
  origins.push_back(std::move(key));
  const Json& spec = at(referred->body, "spec");
  return {.host = text_at(spec, "endpoint.address"),
          .port = port_at(spec, "endpoint.port", 4317),
          .path = text_at(spec, "endpoint.path"),
          .http = text_at(spec, "protocol", "grpc") == "http"};
}

Draft collector_cluster(const std::string& name, const Endpoint& endpoint, bool http2,
                        const std::string& idle_timeout, const std::vector<ResourceKey>& origins) {
  Json cluster = {{"name", name},
                  {"type", is_ip(endpoint.host) ? "STATIC" : "STRICT_DNS"},
                  {"connect_timeout", "5s"},
                  {"typed_extension_protocol_options", http_options(http2, idle_timeout)},
                  {"load_assignment", load_assignment(name, {endpoint})}};
  return {PieceType::kCluster, name, std::move(cluster), origins};
}

Json http_options(bool http2, const std::string& idle_timeout) {
  Json version = {{http2 ? "http2_protocol_options" : "http_protocol_options", Json::object()}};
  Json options = typed("extensions.upstreams.http.v3.HttpProtocolOptions",
                       {{"explicit_http_config", std::move(version)}});
  if (!idle_timeout.empty())
    options["common_http_protocol_options"] = {{"idle_timeout", idle_timeout}};
  return {{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions", std::move(options)}};
}

}  // namespace clew::mesh
