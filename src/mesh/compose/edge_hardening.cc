#include "mesh/compose/edge_hardening.h"

#include <utility>

#include "mesh/compose/piece.h"

namespace clew::mesh {
namespace {

/// With these an outsider could join a trace, switch tracing off, force it, or break it.
constexpr const char* kForeignHeaders[] = {
    "traceparent",       "tracestate",
    "baggage",           "b3",
    "uber-trace-id",     "sw8",
    "x-client-trace-id", "x-amzn-trace-id",
    "x-trace-id",        "x-cloud-trace-context",
    "x-ot-span-context", "grpc-trace-bin",
};
constexpr const char* kForeignPrefixes[] = {"x-b3-",      "x-datadog-", "uberctx-",
                                            "ot-tracer-", "sw8-",       "x-mesh-"};

Json header_mutation() {
  // x-client-traceparent is ours from here on, so what a client calls so goes first.
  Json mutations = Json::array(
      {{{"remove", "x-client-traceparent"}},
       {{"append",
         {{"header", {{"key", "x-client-traceparent"}, {"value", "%REQ(traceparent)%"}}},
          {"append_action", "APPEND_IF_EXISTS_OR_ADD"},
          {"keep_empty_value", false}}}}});
  for (const char* header : kForeignHeaders) mutations.push_back({{"remove", header}});
  for (const char* prefix : kForeignPrefixes)
    mutations.push_back({{"remove_on_match", {{"key_matcher", {{"prefix", prefix}}}}}});
  return extension("envoy.http.early_header_mutation.header_mutation",
                   typed("extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
                         {{"mutations", std::move(mutations)}}));
}

}  // namespace

void harden_edge(Json& manager) {
  manager["use_remote_address"] = true;
  manager["early_header_mutation_extensions"] = Json::array({header_mutation()});
  manager["normalize_path"] = true;
  manager["merge_slashes"] = true;
  manager["path_with_escaped_slashes_action"] = "UNESCAPE_AND_REDIRECT";
  manager["common_http_protocol_options"] = {{"headers_with_underscores_action", "REJECT_REQUEST"},
                                             {"idle_timeout", "3600s"}};
  // What Envoy's documentation advises for edges: bounds on what one connection can hold.
  manager["http2_protocol_options"] = {{"max_concurrent_streams", 100},
                                       {"initial_stream_window_size", 65'536},
                                       {"initial_connection_window_size", 1'048'576}};
  manager["request_headers_timeout"] = "10s";
}

Json trace_id_response_header() {
  return {{"header", {{"key", "x-trace-id"}, {"value", "%TRACE_ID%"}}},
          {"append_action", "OVERWRITE_IF_EXISTS_OR_ADD"}};
}

}  // namespace clew::mesh
