// The parameters of Jaeger's v3 HTTP API.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "net/http_message.h"
#include "query/engine.h"
#include "query/expression.h"
#include "store/filter.h"
#include "store/store.h"

namespace clew::api {

/// What api_v3's TraceQueryParameters ask for.
struct JaegerV3Query {
  store::Filter filter;
  std::optional<query::SpanPredicate> where;  // beside the filter
  size_t limit = 100;
  std::optional<store::FoundTrace> after;  // of a page token
  bool raw = false;                        // spans as they were stored, without adjustments
};

/// A parameter under the name it was given: the one of proto3's JSON, or its older snake_case.
struct NamedParam {
  std::string_view name;  // for errors; the first one if there is none
  std::string_view text;  // empty if there is none
};
NamedParam either_param(const net::HttpRequest& request, std::string_view camel,
                        std::string_view snake);

/// kInvalid: "malformed parameter `name`: `why`", as Jaeger says it.
std::unexpected<Error> malformed_param(std::string_view name, std::string_view why);

/// A time as RFC 3339 writes it; nullopt if it is absent.
Result<std::optional<UnixNanos>> time_param(const NamedParam& param);

/// A bool as Go's strconv.ParseBool reads it; false if it is absent.
Result<bool> bool_param(const NamedParam& param);

/// Reads query.serviceName, .operationName, .attributes (a JSON object of strings), .startTimeMin,
/// .startTimeMax (RFC 3339; the end is exclusive; both required), .durationMin, .durationMax (Go),
/// .searchDepth, .rawTraces and .pagination.pageSize and .pageToken (RFC 0014), under their
/// snake_case names too; and query.filter, the JSON of a Call (RFC 0005). Fails with kInvalid and
/// the name of the parameter. Source: Jaeger v2.20.0 apiv3/query_parser.go; jaeger-idl
/// api_v3/query_service.proto.
Result<JaegerV3Query> parse_jaeger_v3_query(const net::HttpRequest& request);

/// Runs it: summaries, or all spans.
Result<query::SearchResult> search_summaries(query::Engine& engine, const Tenant& tenant,
                                             const JaegerV3Query& query);
Result<query::TracesResult> search_spans(query::Engine& engine, const Tenant& tenant,
                                         const JaegerV3Query& query);

}  // namespace clew::api
