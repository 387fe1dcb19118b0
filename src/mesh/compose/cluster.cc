#include "mesh/compose/cluster.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <utility>

#include "mesh/compose/collector.h"
#include "mesh/compose/endpoint_text.h"
#include "mesh/compose/route.h"
#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

constexpr char kConnectTimeout[] = "5s";  // Kuma's default, as those below
constexpr char kIdleTimeout[] = "3600s";
/// Retries of one proxy to one service at a time. Envoy's own 3 are less than the requests that are
/// under way when an instance or a core location dies, all of which are tried again at once.
constexpr int kMaxRetries = 1024;
/// From an edge to a core location a first packet may get lost (Linux sends it again after a
/// second), but another core location is there.
constexpr char kEdgeConnectTimeout[] = "2s";
/// Milliseconds after which a connection is given up that nobody answers on.
constexpr int kEdgeSilence = 1500;

void set_if(Json& to, const char* name, const std::string& value) {
  if (!value.empty()) to[name] = value;
}

void set_if(Json& to, const char* name, const Json& number) {
  if (number.is_number()) to[name] = number;
}

/// Without a MeshCircuitBreaker: who cannot be connected to, five times in a row, gets nothing for
/// some seconds, so that the next zone takes over. What apps answer is no reason to: the only
/// instance of one that answers 503 now and then would be gone for everybody.
void leave_the_unreachable_alone(Json& cluster) {
  cluster["outlier_detection"] = {{"split_external_local_origin_errors", true},
                                  {"consecutive_local_origin_failure", 5},
                                  {"enforcing_consecutive_local_origin_failure", 100},
                                  {"enforcing_local_origin_success_rate", 0},
                                  {"enforcing_consecutive_5xx", 0},
                                  {"enforcing_success_rate", 0},
                                  {"interval", "1s"},
                                  {"base_ejection_time", "5s"},
                                  {"max_ejection_time", "30s"},
                                  // A zone has few ingresses, often one.
                                  {"max_ejection_percent", 100}};
}

/// How an edge uses core locations: as many requests to each as the control plane says, and nobody
/// waits for one that has vanished without a word: what was sent, and if nothing is to be sent a
/// keepalive, must be acknowledged within that time.
void use_core_locations(Json& cluster) {
  Json& balancing = cluster["common_lb_config"];
  balancing.erase("zone_aware_lb_config");  // Envoy takes one of the two
  balancing["locality_weighted_lb_config"] = Json::object();
  Json silence = {{"description", "TCP_USER_TIMEOUT"},
                  {"level", IPPROTO_TCP},
                  {"name", TCP_USER_TIMEOUT},
                  {"int_value", kEdgeSilence}};
  cluster["upstream_bind_config"]["socket_options"] = Json::array({std::move(silence)});
  cluster["upstream_connection_options"]["tcp_keepalive"] = {
      {"keepalive_time", 1}, {"keepalive_interval", 1}, {"keepalive_probes", 2}};
}

/// MeshTimeout's part of connections to a service that speaks HTTP.
Json options_of(const Json& timeout, bool http2) {
  std::string idle = duration_at(timeout, "idleTimeout");
  Json options = http_options(http2, idle.empty() ? kIdleTimeout : idle);
  Json& common = options.begin()->at("common_http_protocol_options");
  set_if(common, "max_connection_duration", duration_at(timeout, "http.maxConnectionDuration"));
  set_if(common, "max_stream_duration", duration_at(timeout, "http.maxStreamDuration"));
  return options;
}

/// MeshCircuitBreaker: connectionLimits and outlierDetection.
void add_circuit_breaker(const Json& conf, Json& cluster) {
  Json limits = Json::object();
  set_if(limits, "max_connections", at(conf, "connectionLimits.maxConnections"));
  set_if(limits, "max_pending_requests", at(conf, "connectionLimits.maxPendingRequests"));
  set_if(limits, "max_retries", at(conf, "connectionLimits.maxRetries"));
  set_if(limits, "max_requests", at(conf, "connectionLimits.maxRequests"));
  set_if(limits, "max_connection_pools", at(conf, "connectionLimits.maxConnectionPools"));
  if (!limits.contains("max_retries")) limits["max_retries"] = kMaxRetries;
  cluster["circuit_breakers"] = {{"thresholds", Json::array({limits})}};

  const Json& outlier = at(conf, "outlierDetection");
  if (!outlier.is_object()) return;
  cluster.erase("outlier_detection");  // the default
  if (at(outlier, "disabled") == true) return;
  // What no detector asks for must not eject: Envoy's own default is five 5xx.
  Json out = {{"enforcing_consecutive_5xx", 0},
              {"enforcing_consecutive_gateway_failure", 0},
              {"enforcing_consecutive_local_origin_failure", 0},
              {"enforcing_success_rate", 0},
              {"enforcing_failure_percentage", 0}};
  set_if(out, "interval", duration_at(outlier, "interval"));
  set_if(out, "base_ejection_time", duration_at(outlier, "baseEjectionTime"));
  set_if(out, "max_ejection_percent", at(outlier, "maxEjectionPercent"));
  if (at(outlier, "splitExternalAndLocalErrors") == true)
    out["split_external_local_origin_errors"] = true;
  auto detector = [&](const char* path, const char* name) {
    const Json& failures = at(outlier, path);
    if (!failures.is_object()) return;
    set_if(out, name, at(failures, "consecutive"));  // else Envoy's default: 5
    out[fmt::format("enforcing_{}", name)] = 100;
  };
  detector("detectors.totalFailures", "consecutive_5xx");
  detector("detectors.gatewayFailures", "consecutive_gateway_failure");
  detector("detectors.localOriginFailures", "consecutive_local_origin_failure");
  if (const Json& rate = at(outlier, "detectors.successRate"); rate.is_object()) {
    set_if(out, "success_rate_minimum_hosts", at(rate, "minimumHosts"));
    set_if(out, "success_rate_request_volume", at(rate, "requestVolume"));
    if (double factor = real_at(rate, "standardDeviationFactor", 0); factor > 0)
      out["success_rate_stdev_factor"] = static_cast<int>(factor * 1000);
    out["enforcing_success_rate"] = 100;
  }
  if (const Json& rate = at(outlier, "detectors.failurePercentage"); rate.is_object()) {
    set_if(out, "failure_percentage_minimum_hosts", at(rate, "minimumHosts"));
    set_if(out, "failure_percentage_request_volume", at(rate, "requestVolume"));
    set_if(out, "failure_percentage_threshold", at(rate, "threshold"));
    out["enforcing_failure_percentage"] = 100;
  }
  cluster["outlier_detection"] = std::move(out);
  if (double panic = real_at(outlier, "healthyPanicThreshold", -1); panic >= 0)
    cluster["common_lb_config"]["healthy_panic_threshold"] = {{"value", panic}};
}

/// An app's own path, or on edges that of ingresses themselves, which are asked for no service
/// then.
Json http_health_check(const Json& conf, const Service& service, ProxyKind kind) {
  std::string path = text_at(conf, "http.path", "/");
  Json http = {{"path", path}};
  if (service.is_http2()) http["codec_client_type"] = "HTTP2";
  for (const Json& status : list_at(conf, "http.expectedStatuses"))
    if (status.is_number_integer())
      http["expected_statuses"].push_back({{"start", status}, {"end", status.get<int64_t>() + 1}});
  if (!service.external && (kind != ProxyKind::kEdge || path != kIngressHealthPath))
    http["request_headers_to_add"] =
        Json::array({{{"header", {{"key", kServiceHeader}, {"value", service.name}}},
                      {"append_action", "OVERWRITE_IF_EXISTS_OR_ADD"}}});
  return http;
}

Json grpc_health_check(const Json& conf, const Service& service) {
  Json grpc = {{"service_name", text_at(conf, "grpc.serviceName")}};
  if (!service.external)
    grpc["initial_metadata"] =
        Json::array({{{"header", {{"key", kServiceHeader}, {"value", service.name}}}}});
  return grpc;
}

/// MeshHealthCheck: of http, grpc and tcp the one that the service speaks, as Kuma chooses; `http`
/// for what speaks gRPC and has no `grpc`, and `tcp` for whoever has nothing else.
void add_health_check(const Json& conf, const Service& service, ProxyKind kind, Json& cluster) {
  Json check = {{"interval", "60s"},
                {"timeout", "15s"},
                {"unhealthy_threshold", number_at(conf, "unhealthyThreshold", 5)},
                {"healthy_threshold", number_at(conf, "healthyThreshold", 1)}};
  set_if(check, "interval", duration_at(conf, "interval"));
  set_if(check, "timeout", duration_at(conf, "timeout"));
  set_if(check, "initial_jitter", duration_at(conf, "initialJitter"));
  set_if(check, "interval_jitter", duration_at(conf, "intervalJitter"));
  set_if(check, "no_traffic_interval", duration_at(conf, "noTrafficInterval"));
  set_if(check, "interval_jitter_percent", at(conf, "intervalJitterPercent"));
  if (at(conf, "reuseConnection").is_boolean())
    check["reuse_connection"] = at(conf, "reuseConnection");
  auto enabled = [&](const char* kind) {
    return at(conf, kind).is_object() && at(at(conf, kind), "disabled") != true;
  };
  if (service.protocol == "grpc" && enabled("grpc")) {
    check["grpc_health_check"] = grpc_health_check(conf, service);
  } else if (!service.is_tcp() && enabled("http")) {
    check["http_health_check"] = http_health_check(conf, service, kind);
  } else if (enabled("tcp")) {
    check["tcp_health_check"] = Json::object();
  } else {
    return;
  }
  if (double panic = real_at(conf, "healthyPanicThreshold", -1); panic >= 0)
    cluster["common_lb_config"]["healthy_panic_threshold"] = {{"value", panic}};
  if (at(conf, "failTrafficOnPanic") == true)
    cluster["common_lb_config"]["zone_aware_lb_config"] = {{"fail_traffic_on_panic", true}};
  cluster["health_checks"] = Json::array({std::move(check)});
}

/// MeshLoadBalancingStrategy.loadBalancer.
void add_load_balancer(const Json& conf, Json& cluster) {
  std::string type = text_at(conf, "loadBalancer.type");
  if (type == "RoundRobin") cluster["lb_policy"] = "ROUND_ROBIN";
  if (type == "Random") cluster["lb_policy"] = "RANDOM";
  if (type == "Maglev") cluster["lb_policy"] = "MAGLEV";
  if (type == "LeastRequest") {
    cluster["lb_policy"] = "LEAST_REQUEST";
    const Json& choices = at(conf, "loadBalancer.leastRequest.choiceCount");
    if (choices.is_number()) cluster["least_request_lb_config"] = {{"choice_count", choices}};
  }
  if (type != "RingHash") return;
  cluster["lb_policy"] = "RING_HASH";
  Json ring = Json::object();
  set_if(ring, "minimum_ring_size", at(conf, "loadBalancer.ringHash.minRingSize"));
  set_if(ring, "maximum_ring_size", at(conf, "loadBalancer.ringHash.maxRingSize"));
  if (!ring.empty()) cluster["ring_hash_lb_config"] = std::move(ring);
}

/// Who may answer for a service: a MeshService may select dataplanes that are known otherwise.
std::vector<std::string> identities_of(const Service& service) {
  std::vector<std::string> names = {service.known_as()};
  for (const Instance& each : service.instances) {
    std::string name = proxy_of(each.dataplane).service;
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

/// A service outside of the mesh: its own endpoints, and its own TLS.
void make_external(const ResourcePtr& external, const std::string& name, Json& cluster) {
  const Json& spec = at(external->body, "spec");
  std::vector<Endpoint> endpoints;
  bool all_ip = true;
  for (const Json& each : list_at(spec, "endpoints")) {
    uint16_t port = port_at(each, "port", 80);
    endpoints.push_back({.host = text_at(each, "address"), .port = port});
    all_ip = all_ip && is_ip(endpoints.back().host);
  }
  cluster.erase("eds_cluster_config");
  cluster["type"] = all_ip ? "STATIC" : "STRICT_DNS";
  cluster["load_assignment"] = load_assignment(name, endpoints);
  if (at(spec, "tls.enabled") != true) return;
  std::string server =
      text_at(spec, "tls.verification.serverName", endpoints.empty() ? "" : endpoints[0].host);
  std::string mode = text_at(spec, "tls.verification.mode", "Secured");
  Json validation = Json::object();
  if (mode != "SkipAll" && mode != "SkipCA")
    validation["trusted_ca"] = {{"filename", "/etc/ssl/certs/ca-certificates.crt"}};
  // Envoy takes no name without an authority that vouches for it: SkipCA is what SkipAll is.
  if (mode == "Secured")
    validation["match_typed_subject_alt_names"] = Json::array(
        {{{"san_type", is_ip(server) ? "IP_ADDRESS" : "DNS"}, {"matcher", {{"exact", server}}}}});
  Json tls = {{"common_tls_context", {{"validation_context", std::move(validation)}}}};
  if (!is_ip(server)) tls["sni"] = server;
  cluster["transport_socket"] =
      extension("envoy.transport_sockets.tls",
                typed("extensions.transport_sockets.tls.v3.UpstreamTlsContext", std::move(tls)));
}

}  // namespace

Draft service_cluster(const Context& context, const Service& service) {
  std::vector<ResourceKey> origins;
  for (const ResourcePtr& each : service.declared) origins.push_back(each->key);
  if (service.external) origins.push_back(service.external->key);
  std::vector<Destination> destinations = destinations_of(service);
  auto policy = [&](std::string_view kind) {
    Merged merged = context.policies.outbound(kind, context.proxy, destinations);
    append_origins(origins, merged.origins);
    return merged.conf;
  };
  Json cluster = {{"name", service.name},
                  {"type", "EDS"},
                  {"eds_cluster_config", {{"eds_config", from_ads()}}},
                  {"connect_timeout", kConnectTimeout}};
  bool to_core = context.proxy.kind == ProxyKind::kEdge && !service.external;
  if (to_core) cluster["connect_timeout"] = kEdgeConnectTimeout;
  Json timeout = policy("MeshTimeout");
  set_if(cluster, "connect_timeout", duration_at(timeout, "connectionTimeout"));
  if (!service.is_tcp())
    cluster["typed_extension_protocol_options"] = options_of(timeout, service.is_http2());
  // Whom nobody can reach must not get everybody's requests, and the next zone is there for them.
  cluster["common_lb_config"] = {{"healthy_panic_threshold", {{"value", 0}}}};
  if (!service.external) leave_the_unreachable_alone(cluster);
  add_circuit_breaker(policy("MeshCircuitBreaker"), cluster);
  add_health_check(policy("MeshHealthCheck"), service, context.proxy.kind, cluster);
  add_load_balancer(policy("MeshLoadBalancingStrategy"), cluster);
  if (to_core) use_core_locations(cluster);
  if (service.external) {
    make_external(service.external, service.name, cluster);
  } else if (has_mtls(context)) {
    std::vector<std::string> peers;
    if (context.proxy.kind != ProxyKind::kEdge) peers = identities_of(service);
    if (context.proxy.kind != ProxyKind::kIngress) peers.push_back("clew-ingress");
    const char* http = service.is_tcp() ? "" : service.is_http2() ? "h2" : "http/1.1";
    cluster["transport_socket"] = mesh_client_socket(context.catalog.mesh(), peers, http);
  }
  return {PieceType::kCluster, service.name, std::move(cluster), std::move(origins)};
}

std::string app_cluster_name(const Instance& instance) {
  return fmt::format("app:{}:{}", instance.app_address, instance.app_port);
}

Draft app_cluster(const Context& context, const Instance& instance) {
  std::string name = app_cluster_name(instance);
  std::vector<ResourceKey> origins;
  Merged timeout = context.policies.inbound("MeshTimeout", context.proxy);
  append_origins(origins, timeout.origins);
  Json cluster = {
      {"name", name},
      {"type", "STATIC"},
      {"connect_timeout", kConnectTimeout},
      {"load_assignment", load_assignment(name, {{instance.app_address, instance.app_port}})}};
  set_if(cluster, "connect_timeout", duration_at(timeout.conf, "connectionTimeout"));
  std::string idle = duration_at(timeout.conf, "idleTimeout");
  bool http2 = instance.protocol == "http2" || instance.protocol == "grpc";
  if (instance.protocol != "tcp")
    cluster["typed_extension_protocol_options"] =
        http_options(http2, idle.empty() ? kIdleTimeout : idle);
  Merged breaker = context.policies.inbound("MeshCircuitBreaker", context.proxy);
  append_origins(origins, breaker.origins);
  add_circuit_breaker(breaker.conf, cluster);
  return {PieceType::kCluster, name, std::move(cluster), std::move(origins)};
}

}  // namespace clew::mesh
