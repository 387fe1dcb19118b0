#include "mesh/compose/debug.h"

#include <utility>
#include <vector>

#include "mesh/compose/edge_hardening.h"
#include "mesh/compose/trace.h"
#include "mesh/identity/debug_key.h"

namespace clew::mesh {
namespace {

/// Of the internal listener, its cluster and its statistics.
constexpr char kDebugName[] = "edge:debug";
/// The host that a checked token is for. Edges remove x-mesh-* from what clients send.
constexpr char kDebugHostHeader[] = "x-mesh-debug-host";
/// The trace that the internal listener has made.
constexpr char kDebugTraceHeader[] = "x-debug-trace-id";
constexpr char kTraceHeader[] = "x-trace-id";

Json to_set(const char* header, const char* value) {
  return {{"header", {{"key", header}, {"value", value}}},
          {"append_action", "OVERWRITE_IF_EXISTS_OR_ADD"}};
}

Json overall(int percent) {
  return {{"overall_sampling", {{"numerator", percent}}}};
}

/// Removes the context that the public manager's tracer (of OpenTelemetry, of Zipkin) has put
/// there: it says that nothing is sampled.
Json without_trace_context() {
  Json mutations = Json::array();
  for (const char* header : {"traceparent", "tracestate", "b3"})
    mutations.push_back({{"remove", header}});
  mutations.push_back({{"remove_on_match", {{"key_matcher", {{"prefix", "x-b3-"}}}}}});
  return extension("envoy.http.early_header_mutation.header_mutation",
                   typed("extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
                         {{"mutations", std::move(mutations)}}));
}

/// Has every answer name its trace where the public manager does not put its own.
Json trace_filter() {
  std::string value = std::string("%RESP(") + kTraceHeader + ")%";
  Json mutations = Json::array({{{"append", to_set(kDebugTraceHeader, value.c_str())}}});
  return extension("envoy.filters.http.header_mutation",
                   typed("extensions.filters.http.header_mutation.v3.HeaderMutation",
                         {{"mutations", {{"response_mutations", std::move(mutations)}}}}));
}

/// Facts of Envoy 1.40: where the request ID has no say in sampling, neither has the sampling of
/// the manager nor that of its routes, and all is traced.
Json traced_request_id() {
  return {{"typed_config",
           typed("extensions.request_id.uuid.v3.UuidRequestIdConfig",
                 {{"use_request_id_for_trace_sampling", false}, {"pack_trace_reason", false}})}};
}

/// The internal listener's own peer is the public one; the client is whom x-forwarded-for names.
void name_client(Json& tags) {
  constexpr char kTag[] = "client.address";
  for (const Json& tag : tags)
    if (tag["tag"] == kTag) return;
  tags.push_back({{"tag", kTag}, {"value", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}});
}

/// Behind the router of the public listener: tells all proxies from here on, and that listener's
/// access log, that a request has been handed over.
Json filters_of_handover() {
  Json mutations =
      Json::array({{{"append", to_set(kDebugHeader, "1")}}, hand_on_client_traceparent()});
  return Json::array(
      {extension("envoy.filters.http.header_mutation",
                 typed("extensions.filters.http.header_mutation.v3.HeaderMutation",
                       {{"mutations", {{"request_mutations", std::move(mutations)}}}})),
       extension("envoy.filters.http.upstream_codec",
                 typed("extensions.filters.http.upstream_codec.v3.UpstreamCodec"))});
}

/// As the client speaks, so the internal listener is spoken to: WebSockets need HTTP/1.1.
Json internal_cluster() {
  Json address = {{"envoy_internal_address", {{"server_listener_name", kDebugName}}}};
  Json endpoint = {{"endpoint", {{"address", std::move(address)}}}};
  Json protocols = typed(
      "extensions.upstreams.http.v3.HttpProtocolOptions",
      {{"use_downstream_protocol_config",
        {{"http_protocol_options", Json::object()}, {"http2_protocol_options", Json::object()}}},
       {"http_filters", filters_of_handover()}});
  return {{"name", kDebugName},
          {"type", "STATIC"},
          {"connect_timeout", "1s"},
          {"typed_extension_protocol_options",
           {{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions", std::move(protocols)}}},
          {"load_assignment",
           {{"cluster_name", kDebugName},
            {"endpoints", Json::array({{{"lb_endpoints", Json::array({std::move(endpoint)})}}})}}}};
}

}  // namespace

bool takes_debug_tokens(const Context& context) {
  return context.proxy.kind == ProxyKind::kEdge && !context.debug_keys.empty() &&
         !tracing_of(context, false).manager.is_null();
}

Json debug_token_filter(const Context& context) {
  // No audiences here: they would have to be listed, and every new host would drain the listener.
  // The routes compare them.
  Json to_headers = Json::array({{{"header_name", kDebugHostHeader}, {"claim_name", "aud"}}});
  Json provider = {{"issuer", identity::DebugKey::issuer_of(context.catalog.mesh())},
                   {"from_headers", Json::array({{{"name", kDebugTokenHeader}}})},
                   // The routes need to see it once more; that to the internal listener removes it.
                   {"forward", true},
                   {"clock_skew_seconds", 5},
                   {"local_jwks", {{"inline_string", context.debug_keys}}},
                   {"claim_to_headers", std::move(to_headers)},
                   {"clear_route_cache", true}};
  Json with_token = {
      {"prefix", "/"},
      {"headers", Json::array({{{"name", kDebugTokenHeader}, {"present_match", true}}})}};
  Json rules =
      Json::array({{{"match", std::move(with_token)}, {"requires", {{"provider_name", "debug"}}}}});
  return extension(
      "envoy.filters.http.jwt_authn",
      typed("extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            {{"providers", {{"debug", std::move(provider)}}}, {"rules", std::move(rules)}}));
}

Json debug_routes(const std::string& host) {
  Json of_host = Json::array({{{"name", kDebugHostHeader}, {"string_match", {{"exact", host}}}}});
  Json with_token = Json::array({{{"name", kDebugTokenHeader}, {"present_match", true}}});
  std::string trace = std::string("%RESP(") + kDebugTraceHeader + ")%";
  Json accepted = {{"name", "debug"},
                   {"match", {{"prefix", "/"}, {"headers", std::move(of_host)}}},
                   {"route", {{"cluster", kDebugName}, {"timeout", "0s"}, {"idle_timeout", "0s"}}},
                   {"response_headers_to_add", Json::array({to_set(kTraceHeader, trace.c_str())})},
                   // Facts of Envoy 1.40: it decides on the span again when the route changes.
                   {"tracing", overall(0)}};
  // Also what a request matches before its token is checked: no span, whatever comes of it.
  Json refused = {
      {"name", "debug-refused"},
      {"match", {{"prefix", "/"}, {"headers", std::move(with_token)}}},
      {"direct_response",
       {{"status", 403}, {"body", {{"inline_string", "this debug token is of another host\n"}}}}},
      {"tracing", overall(0)}};
  return Json::array({std::move(accepted), std::move(refused)});
}

void log_debug_requests_once(Json& public_manager) {
  if (!public_manager.contains("access_log")) return;
  // Only what has been handed over has it: a refused request is logged here.
  Json kept = {{"name", kDebugHeader}, {"present_match", true}, {"invert_match", true}};
  for (Json& log : public_manager["access_log"])
    log["filter"] = {{"header_filter", {{"header", kept}}}};
}

void add_debug_listener(Builder& builder, const char* routes) {
  if (builder.has(PieceType::kListener, kDebugName)) return;
  std::vector<ResourceKey> origins = {builder.context.proxy.dataplane->key};
  ManagerOptions options{.name = kDebugName, .routes = routes, .whole = true};
  options.filters = Json::array({keep_client_traceparent(), trace_filter()});
  Json filter = http_manager(builder, options, origins);
  Json& manager = filter["typed_config"];
  // Addresses and the request's ID are what the public manager has made of them.
  manager["use_remote_address"] = false;
  manager["early_header_mutation_extensions"] = Json::array({without_trace_context()});
  manager["request_id_extension"] = traced_request_id();
  for (const char* each : {"client_sampling", "random_sampling", "overall_sampling"})
    manager["tracing"][each] = {{"value", 100}};
  name_client(manager["tracing"]["custom_tags"]);
  Json made = {{"name", kDebugName},
               {"internal_listener", Json::object()},
               {"traffic_direction", "INBOUND"},
               {"per_connection_buffer_limit_bytes", kEdgeBufferBytes},
               {"filter_chains", Json::array({{{"filters", Json::array({std::move(filter)})}}})}};
  builder.add({PieceType::kListener, kDebugName, std::move(made), origins});
  builder.add({PieceType::kCluster, kDebugName, internal_cluster(), std::move(origins)});
}

void share_with_debug_listener(Json& configuration) {
  configuration["request_headers_to_remove"] = Json::array({kDebugTokenHeader, kDebugHostHeader});
  configuration["most_specific_header_mutations_wins"] = true;
}

}  // namespace clew::mesh
