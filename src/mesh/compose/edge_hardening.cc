#include "mesh/compose/edge_hardening.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "mesh/compose/piece.h"
#include "mesh/compose/route.h"

namespace clew::mesh {
namespace {

/// With these an outsider could join a trace, switch tracing off, force it, or break it; with the
/// last ones speak of another address, host or path than its own. Envoy says the truth of that
/// anew.
constexpr const char* kForeignHeaders[] = {
    "traceparent",       "tracestate",
    "baggage",           "b3",
    "uber-trace-id",     "sw8",
    "x-client-trace-id", "x-amzn-trace-id",
    "x-trace-id",        "x-cloud-trace-context",
    "x-ot-span-context", "grpc-trace-bin",
    "forwarded",         "x-real-ip",
    "x-client-ip",       "x-cluster-client-ip",
    "true-client-ip",    "x-original-url",
    "x-rewrite-url",
};
constexpr const char* kForeignPrefixes[] = {"x-b3-", "x-datadog-", "uberctx-", "ot-tracer-",
                                            "sw8-",  "x-mesh-",    "x-envoy-", "x-forwarded-"};

/// What Envoy's documentation advises for edges: bounds on what one connection can hold.
const Json kStreamLimits = {{"max_concurrent_streams", 100},
                            {"initial_stream_window_size", 65'536},
                            {"initial_connection_window_size", 1'048'576}};

constexpr char kMetadata[] = "clew";
constexpr char kClientTraceparent[] = "client_traceparent";
constexpr char kClientTraceparentHeader[] = "x-client-traceparent";

// Text of protobuf is UTF-8, and one tag with other bytes costs all spans of an export where a
// collector is strict. Envoy's CEL refuses regular expressions that are much longer than these.
constexpr char kPlainTraceparent[] =
    "%CEL(request.headers['traceparent'].matches('^[!-~]+$') ? request.headers['traceparent'] : "
    "''):128%";

/// As far as Envoy looks at it: 36 bytes that begin with a number.
constexpr char kUuid[] =
    "%CEL(size(request.headers['x-mesh-request-id']) == 36 && "
    "request.headers['x-mesh-request-id'].matches('^[0-9a-f]{8}-') ? "
    "request.headers['x-mesh-request-id'] : '')%";

Json set_header(std::string_view name, std::string_view value, const char* action) {
  return {{"append",
           {{"header", {{"key", name}, {"value", value}}},
            {"append_action", action},
            {"keep_empty_value", false}}}};
}

Json add_header(std::string_view name, std::string_view value) {
  return set_header(name, value, "APPEND_IF_EXISTS_OR_ADD");
}

Json early_mutation(Json mutations) {
  return extension("envoy.http.early_header_mutation.header_mutation",
                   typed("extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
                         {{"mutations", std::move(mutations)}}));
}

/// A header of which Envoy makes a tag by itself.
Json as_text(std::string_view header) {
  static constexpr char kValue[] =
      "%CEL(request.headers['{0}'].matches('^[ -~]*$') ? request.headers['{0}'] : "
      "'unreadable'):512%";
  return set_header(header, fmt::format(kValue, header), "OVERWRITE_IF_EXISTS");
}

Json header_mutation() {
  // x-client-traceparent is ours from here on, so what a client calls so goes first.
  Json mutations = Json::array({{{"remove", kClientTraceparentHeader}},
                                add_header(kClientTraceparentHeader, kPlainTraceparent),
                                as_text("user-agent")});
  for (const char* header : kForeignHeaders) mutations.push_back({{"remove", header}});
  for (const char* prefix : kForeignPrefixes)
    mutations.push_back({{"remove_on_match", {{"key_matcher", {{"prefix", prefix}}}}}});
  return early_mutation(std::move(mutations));
}

}  // namespace

void harden_edge(Json& manager) {
  manager["use_remote_address"] = true;
  manager["early_header_mutation_extensions"] = Json::array({header_mutation()});
  Json& filters = manager["http_filters"];
  filters.insert(filters.begin(), keep_client_traceparent());
  manager["normalize_path"] = true;
  manager["merge_slashes"] = true;
  manager["path_with_escaped_slashes_action"] = "UNESCAPE_AND_REDIRECT";
  manager["common_http_protocol_options"] = {{"headers_with_underscores_action", "REJECT_REQUEST"},
                                             {"idle_timeout", "3600s"}};
  manager["http2_protocol_options"] = kStreamLimits;
  manager["request_headers_timeout"] = "10s";
}

void harden_http3(Json& manager) {
  manager["codec_type"] = "HTTP3";
  manager["http3_protocol_options"] = {{"quic_protocol_options", kStreamLimits}};
  manager.erase("http2_protocol_options");
}

void harden_outbound(Json& manager) {
  Json mutations = Json::array();
  for (const char* header :
       {"user-agent", "x-request-id", "x-client-trace-id", "x-envoy-downstream-service-cluster"})
    mutations.push_back(as_text(header));
  // Envoy makes a UUID of its own where there is none.
  mutations.push_back({{"remove", kRequestIdHeader}});
  mutations.push_back(add_header(kRequestIdHeader, "%REQ(x-request-id)%"));
  mutations.push_back({{"remove", "x-request-id"}});
  mutations.push_back(add_header("x-request-id", kUuid));
  manager["early_header_mutation_extensions"] = Json::array({early_mutation(std::move(mutations))});
}

Json client_traceparent_tag() {
  return {{"tag", "client.traceparent"},
          {"metadata",
           {{"kind", {{"request", Json::object()}}},
            {"metadata_key",
             {{"key", kMetadata}, {"path", Json::array({{{"key", kClientTraceparent}}})}}}}}};
}

Json keep_client_traceparent() {
  Json present = {{"metadata_namespace", kMetadata}, {"key", kClientTraceparent}};
  Json rule = {{"header", kClientTraceparentHeader},
               {"on_header_present", std::move(present)},
               {"remove", true}};
  return extension("envoy.filters.http.header_to_metadata",
                   typed("extensions.filters.http.header_to_metadata.v3.Config",
                         {{"request_rules", Json::array({std::move(rule)})}}));
}

Json hand_on_client_traceparent() {
  return add_header(kClientTraceparentHeader,
                    fmt::format("%DYNAMIC_METADATA({}:{})%", kMetadata, kClientTraceparent));
}

Json trace_id_response_header() {
  return {{"header", {{"key", "x-trace-id"}, {"value", "%TRACE_ID%"}}},
          {"append_action", "OVERWRITE_IF_EXISTS_OR_ADD"}};
}

}  // namespace clew::mesh
