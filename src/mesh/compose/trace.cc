#include "mesh/compose/trace.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "mesh/compose/collector.h"
#include "mesh/compose/debug.h"
#include "mesh/compose/edge_hardening.h"

namespace clew::mesh {
namespace {

/// Envoy's own defaults send 5 spans at a time: an export for every few requests.
constexpr int kFlushSpans = 512;
constexpr int kFlushIntervalMs = 1000;
constexpr int kSpanCache = 8192;
constexpr int kMaxUrlLength = 2048;
constexpr char kIdleTimeout[] = "30s";

Json literal_tag(const std::string& tag, const std::string& value) {
  return {{"tag", tag}, {"literal", {{"value", value}}}};
}

/// From the metadata that the composer puts on every endpoint of an edge.
Json endpoint_tag(const char* tag, const char* key) {
  return {{"tag", tag},
          {"metadata",
           {{"kind", {{"host", Json::object()}}},
            {"metadata_key", {{"key", "clew"}, {"path", Json::array({{{"key", key}}})}}},
            {"default_value", "none"}}}};
}

/// {name, default} as Envoy spells it; an absent default leaves the tag away.
Json named_value(const Json& source) {
  Json value = {{"name", text_at(source, "name")}};
  if (std::string text = text_at(source, "default"); !text.empty()) value["default_value"] = text;
  return value;
}

Json metadata_value(const Json& source) {
  Json path = Json::array();
  for (const Json& part : list_at(source, "path")) path.push_back({{"key", part}});
  Json value = {{"kind", {{text_at(source, "kind", "request"), Json::object()}}},
                {"metadata_key", {{"key", text_at(source, "key")}, {"path", std::move(path)}}}};
  if (std::string text = text_at(source, "default"); !text.empty()) value["default_value"] = text;
  return value;
}

Json user_tag(const Json& tag) {
  Json out = {{"tag", text_at(tag, "name")}};
  if (at(tag, "literal").is_string()) out["literal"] = {{"value", text_at(tag, "literal")}};
  if (at(tag, "header").is_object()) out["request_header"] = named_value(at(tag, "header"));
  if (at(tag, "environment").is_object()) out["environment"] = named_value(at(tag, "environment"));
  if (at(tag, "metadata").is_object()) out["metadata"] = metadata_value(at(tag, "metadata"));
  if (at(tag, "formatter").is_string()) out["value"] = text_at(tag, "formatter");
  return out;
}

/// The policy's tags, and ours for what it does not name.
Json tags_of(const Context& context, const Json& conf) {
  Json tags = Json::array();
  auto has = [&](const Json& wanted) {
    for (const Json& tag : tags)
      if (tag["tag"] == wanted["tag"]) return true;
    return false;
  };
  for (const Json& tag : list_at(conf, "tags"))
    if (Json made = user_tag(tag); made.size() > 1) tags.push_back(std::move(made));

  const OwnTexts& own = context.own;
  std::vector<Json> ours = {literal_tag("clew.mesh", context.catalog.mesh()),
                            literal_tag("node", own.name)};
  if (!own.datacenter.empty()) ours.push_back(literal_tag("datacenter", own.datacenter));
  if (context.proxy.kind == ProxyKind::kEdge) {
    ours.push_back(literal_tag("edge", own.place));
    // An edge stands in no core location: it names the one that it has chosen, and why.
    ours.push_back(endpoint_tag("core_location", "core_location"));
    ours.push_back(endpoint_tag("upstream.datacenter", "datacenter"));
    ours.push_back(endpoint_tag("core_location.reason", "reason"));
    ours.push_back(client_traceparent_tag());
  } else {
    ours.push_back(literal_tag("core_location", own.place));
  }
  if (!own.microvm.empty()) ours.push_back(literal_tag("microvm.id", own.microvm));
  if (!own.tenant.empty()) ours.push_back(literal_tag("tenant", own.tenant));
  // Agents keep what has it, whatever they sample.
  if (!context.debug_keys.empty())
    ours.push_back({{"tag", "sampling.priority"}, {"request_header", {{"name", kDebugHeader}}}});
  for (Json& tag : ours)
    if (!has(tag)) tags.push_back(std::move(tag));
  return tags;
}

struct Sampling {
  double overall = 100, random = 100, client = 100;
};

Sampling sampling_of(const Context& context, const Json& conf) {
  double client = context.proxy.kind == ProxyKind::kEdge ? 0 : 100;
  return {real_at(conf, "sampling.overall", 100), real_at(conf, "sampling.random", 100),
          real_at(conf, "sampling.client", client)};
}

/// Facts of Envoy 1.40: its dice have 10,000 sides whatever the denominator is, so of a million
/// everything from one percent on would be all.
Json fraction(double percent) {
  return {{"numerator", std::lround(percent * 100)}, {"denominator", "TEN_THOUSAND"}};
}

/// Its service.name, where the policy gives none: proxies and apps are different things to look at.
std::string service_name(const Context& context, const Json& conf) {
  std::string given = text_at(conf, "serviceName");
  if (!given.empty()) return given;
  const std::string& service = context.own.service;
  return context.proxy.kind == ProxyKind::kSidecar ? service + "-sidecar" : service;
}

/// As the parent says; what has none is kept as often as the policy says.
Json parent_based_sampler(const Sampling& sampling) {
  Json ratio = extension(
      "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
      typed("extensions.tracers.opentelemetry.samplers.v3"
            ".TraceIdRatioBasedSamplerConfig",
            {{"sampling_percentage", fraction(sampling.overall * sampling.random / 100)}}));
  return extension("envoy.tracers.opentelemetry.samplers.parent_based",
                   typed("extensions.tracers.opentelemetry.samplers.v3.ParentBasedSamplerConfig",
                         {{"wrapped_sampler", std::move(ratio)}}));
}

/// Makes a hop behind the edge, whose policy does not keep everything, follow the trace context.
/// Facts of Envoy 1.40: a manager keeps what its caller keeps only if its own dice say so, too, and
/// those are thrown by x-request-id, which most apps do not hand on, so that traces would end where
/// an app asks another. Told not to ask x-request-id, it leaves the decision to the tracer.
/// Zipkin's follows the context anyhow, and has no samplers.
void follow_the_context(const Sampling& sampling, Tracing& tracing, Json& provider) {
  if (sampling.overall >= 100 && sampling.random >= 100) return;
  tracing.request_id = {{"typed_config", typed("extensions.request_id.uuid.v3.UuidRequestIdConfig",
                                               {{"use_request_id_for_trace_sampling", false}})}};
  provider["sampler"] = parent_based_sampler(sampling);
}

Json otel_provider(const Context& context, const Json& conf) {
  Json attributes = {{"service.instance.id", context.own.name}};
  Json detector = extension("envoy.tracers.opentelemetry.resource_detectors.static_config",
                            typed("extensions.tracers.opentelemetry.resource_detectors.v3"
                                  ".StaticConfigResourceDetectorConfig",
                                  {{"attributes", std::move(attributes)}}));
  return typed("config.trace.v3.OpenTelemetryConfig",
               {{"service_name", service_name(context, conf)},
                {"max_cache_size", number_at(conf, "batching.maxCacheSize", kSpanCache)},
                {"resource_detectors", Json::array({std::move(detector)})}});
}

/// OTLP: over gRPC to "host:port", over HTTP where the endpoint is a URL or the backend says so.
void use_otel(const Context& context, const Json& conf, const Json& backend, Tracing& tracing) {
  Endpoint endpoint = otel_endpoint(context, backend, tracing.origins);
  if (endpoint.host.empty()) return;
  if (endpoint.path.empty() || endpoint.path == "/") endpoint.path = "/v1/traces";
  std::string cluster = "tracing:" + endpoint.text();
  Json provider = otel_provider(context, conf);
  if (context.proxy.kind != ProxyKind::kEdge)
    follow_the_context(sampling_of(context, conf), tracing, provider);
  if (endpoint.http) {
    provider["http_service"] = {
        {"http_uri",
         {{"uri", fmt::format("http://{}{}", endpoint.text(), endpoint.path)},
          {"cluster", cluster},
          {"timeout", "5s"}}}};
  } else {
    provider["grpc_service"] = {{"envoy_grpc", {{"cluster_name", cluster}}}, {"timeout", "5s"}};
  }
  tracing.manager["provider"] = extension("envoy.tracers.opentelemetry", std::move(provider));
  tracing.clusters.push_back(
      collector_cluster(cluster, endpoint, !endpoint.http, kIdleTimeout, tracing.origins));
}

/// Takes Zipkin's own headers off again: who comes behind a gateway follows traceparent, and would
/// hand the app x-b3-* of a hop that is not the one before it.
Json without_b3() {
  Json removed = Json::array({{{"remove_on_match", {{"key_matcher", {{"prefix", "x-b3-"}}}}}}});
  return Json::array(
      {extension("envoy.filters.http.header_mutation",
                 typed("extensions.filters.http.header_mutation.v3.HeaderMutation",
                       {{"mutations", {{"request_mutations", std::move(removed)}}}})),
       extension("envoy.filters.http.upstream_codec",
                 typed("extensions.filters.http.upstream_codec.v3.UpstreamCodec"))});
}

/// The span's service is Envoy's node.cluster then: Zipkin's tracer has no name of its own.
void use_zipkin(const Context& context, const Json& backend, Tracing& tracing) {
  Endpoint endpoint = parse_endpoint(text_at(backend, "url"));
  if (endpoint.host.empty()) return;
  std::string cluster = "tracing:" + endpoint.text();
  bool proto = text_at(backend, "apiVersion", "httpJson") == "httpProto";
  const Json& wide = at(backend, "traceId128bit");
  const Json& shared = at(backend, "sharedSpanContext");
  tracing.manager["provider"] = extension(
      "envoy.tracers.zipkin",
      typed("config.trace.v3.ZipkinConfig",
            {{"collector_cluster", cluster},
             {"collector_endpoint", endpoint.path.empty() ? "/api/v2/spans" : endpoint.path},
             {"collector_endpoint_version", proto ? "HTTP_PROTO" : "HTTP_JSON"},
             {"trace_id_128bit", !wide.is_boolean() || wide.get<bool>()},
             {"shared_span_context", shared.is_boolean() && shared.get<bool>()},
             // USE_B3_WITH_W3C_PROPAGATION: the hops before and behind speak W3C; with B3 alone a
             // trace would break in two.
             {"trace_context_option", 1}}));
  tracing.clusters.push_back(
      collector_cluster(cluster, endpoint, false, kIdleTimeout, tracing.origins));
  if (context.proxy.kind != ProxyKind::kSidecar) tracing.behind_router = without_b3();
}

void add_operation(const Json& span_name, Json& tracing) {
  if (std::string name = text_at(span_name, "server"); !name.empty()) tracing["operation"] = name;
  if (std::string name = text_at(span_name, "client"); !name.empty())
    tracing["upstream_operation"] = name;
}

}  // namespace

Tracing tracing_of(const Context& context, bool outbound) {
  Merged merged = context.policies.of_proxy("MeshTrace", context.proxy);
  const Json& backends = list_at(merged.conf, "backends");
  if (backends.empty()) return {};
  Tracing tracing{.origins = merged.origins};
  Sampling sampling = sampling_of(context, merged.conf);
  const Json& verbose = at(merged.conf, "verbose");
  bool gateway = context.proxy.kind != ProxyKind::kSidecar;
  tracing.manager = {{"client_sampling", {{"value", sampling.client}}},
                     {"random_sampling", {{"value", sampling.random}}},
                     {"overall_sampling", {{"value", sampling.overall}}},
                     {"verbose", !verbose.is_boolean() || verbose.get<bool>()},
                     {"spawn_upstream_span", gateway && !outbound},
                     {"max_path_tag_length", kMaxUrlLength},
                     {"custom_tags", tags_of(context, merged.conf)}};
  // Low in cardinality, as OpenTelemetry wants names of spans: what the route was called where it
  // was chosen, else the method.
  bool chosen_before = context.proxy.kind != ProxyKind::kEdge && !outbound;
  const char* name = chosen_before ? "%REQ(X-MESH-ROUTE?:METHOD)%" : "%REQ(:METHOD)%";
  Json names = {{"server", name}, {"client", name}};
  if (at(merged.conf, "spanName").is_object()) names.merge_patch(at(merged.conf, "spanName"));
  add_operation(names, tracing.manager);
  const Json& backend = backends[0];
  if (text_at(backend, "type") == "Zipkin")
    use_zipkin(context, at(backend, "zipkin"), tracing);
  else
    use_otel(context, merged.conf, at(backend, "openTelemetry"), tracing);
  if (!tracing.manager.contains("provider")) return {};
  for (const char* tracer : {"opentelemetry", "zipkin"}) {
    tracing.runtime[fmt::format("tracing.{}.min_flush_spans", tracer)] =
        number_at(merged.conf, "batching.minFlushSpans", kFlushSpans);
    tracing.runtime[fmt::format("tracing.{}.flush_interval_ms", tracer)] =
        number_at(merged.conf, "batching.flushIntervalMs", kFlushIntervalMs);
  }
  return tracing;
}

RouteTracing route_tracing(const Context& context, const std::string& service,
                           const std::string& http_route, const std::string& operation) {
  Merged merged = context.policies.of_proxy("MeshTrace", context.proxy);
  if (list_at(merged.conf, "backends").empty()) return {};
  Json tags = Json::array(), span_name = Json::object();
  if (!operation.empty()) span_name = {{"server", operation}, {"client", operation}};
  RouteTracing own;
  bool differs = false;
  auto apply = [&](const Destination& target) {
    // Sidecars follow what was decided where the request came in.
    if (context.proxy.kind != ProxyKind::kEdge || target.name.empty()) return;
    Merged of_target = context.policies.of_target("MeshTrace", target);
    if (!of_target) return;
    differs = true;
    if (const Json& sampling = at(of_target.conf, "sampling"); sampling.is_object())
      merged.conf.merge_patch({{"sampling", sampling}});
    for (const Json& tag : list_at(of_target.conf, "tags")) tags.push_back(user_tag(tag));
    if (const Json& names = at(of_target.conf, "spanName"); names.is_object())
      span_name.merge_patch(names);
    append_origins(own.origins, of_target.origins);
  };
  const Service* known = context.catalog.service(service);
  std::string known_as = known == nullptr ? service : known->known_as();
  apply({"MeshService", known_as});
  if (known != nullptr)
    for (const std::string& section : known->sections) apply({"MeshService", known_as, section});
  apply({"MeshHTTPRoute", http_route});
  if (!differs && operation.empty()) return {};
  Sampling sampling = sampling_of(context, merged.conf);
  own.route = {{"client_sampling", fraction(sampling.client)},
               {"random_sampling", fraction(sampling.random)},
               {"overall_sampling", fraction(sampling.overall)}};
  if (!tags.empty()) own.route["custom_tags"] = std::move(tags);
  add_operation(span_name, own.route);
  return own;
}

}  // namespace clew::mesh
