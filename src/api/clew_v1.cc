#include "api/clew_v1.h"

#include <algorithm>
#include <chrono>

#include "api/clew_json.h"
#include "api/clew_openapi.h"
#include "api/clew_query.h"
#include "api/clew_stream.h"
#include "api/clew_traceql.h"
#include "api/endpoints.h"
#include "api/params.h"
#include "base/json.h"
#include "query/page_token.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr uint64_t kNanosPerMilli = 1'000'000;
constexpr size_t kDefaultValues = 100;
constexpr uint64_t kDayMs = 86'400'000;

HttpResponse success(JsonWriter& json) {
  return HttpResponse::json(200, json.take());
}

class ClewV1 {
 public:
  explicit ClewV1(query::Engine& engine) : engine_(engine) {}

  Result<HttpResponse> services(const Tenant& tenant, const HttpRequest&) {
    JsonWriter json;
    json.begin_object().key("services").begin_array();
    for (const std::string& name : engine_.services(tenant)) json.value(name);
    json.end_array().end_object();
    return success(json);
  }

  Result<HttpResponse> operations(const Tenant& tenant, const HttpRequest& request) {
    JsonWriter json;
    json.begin_object().key("operations").begin_array();
    for (const auto& operation :
         engine_.operations(tenant, std::string(text_param(request, "service")))) {
      json.begin_object().member("name", operation.name);
      json.member("kind", name_of(operation.kind)).end_object();
    }
    json.end_array().end_object();
    return success(json);
  }

  Result<HttpResponse> tags(const Tenant& tenant, const HttpRequest& request) {
    auto scope = scope_param(request);
    if (!scope) return std::unexpected(scope.error());
    JsonWriter json;
    json.begin_object().key("tags").begin_array();
    for (const store::TagName& tag : engine_.tag_names(tenant, *scope)) {
      json.begin_object().member("scope", store::name_of(tag.scope));
      json.member("key", tag.key).end_object();
    }
    json.end_array().end_object();
    return success(json);
  }

  Result<HttpResponse> tag_values(const Tenant& tenant, const HttpRequest& request) {
    auto scope = scope_param(request);
    if (!scope) return std::unexpected(scope.error());
    auto limit = limit_param(request, kDefaultValues);
    if (!limit) return std::unexpected(limit.error());
    JsonWriter json;
    json.begin_object().key("values").begin_array();
    for (const store::TagValue& value : engine_.tag_values(
             tenant, *scope, request.path_param("key"), text_param(request, "prefix"), *limit)) {
      json.begin_object().member("type", type_name(value.type));
      json.member("value", value.text).end_object();
    }
    json.end_array().end_object();
    return success(json);
  }

  Result<HttpResponse> search(const Tenant& tenant, const HttpRequest& request) {
    if (!text_param(request, "q").empty()) return search_with_traceql(engine_, tenant, request);
    if (!text_param(request, "spans").empty())
      return bad_param("spans", "it says how many spans of each trace a search with q tells");
    auto query = parse_clew_query(request);
    if (!query) return std::unexpected(query.error());
    auto began = std::chrono::steady_clock::now();
    auto found = engine_.search(tenant, query->filter, query->limit, query->after);
    if (!found) return std::unexpected(found.error());
    auto elapsed = std::chrono::steady_clock::now() - began;
    JsonWriter json;
    json.begin_object().key("traces").begin_array();
    for (const query::TraceSummary& trace : found->traces) write_clew_summary(json, trace);
    json.end_array().member("complete", found->complete);
    if (found->next) json.member("nextPageToken", query::encode_page_token(*found->next));
    json.member("elapsedMs",
                std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
    json.end_object();
    return success(json);
  }

  Result<HttpResponse> metrics(const Tenant& tenant, const HttpRequest& request) {
    return clew_metrics(engine_, tenant, request);
  }

  Result<HttpResponse> trace(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("id"));
    if (!id) return std::unexpected(id.error());
    auto trace = engine_.stream_trace(tenant, *id);
    if (!trace) return std::unexpected(trace.error());
    auto answer = clew_trace_answer((*trace)->id(), (*trace)->extent());
    return trace_response(request, *std::move(trace), std::move(answer));
  }

  Result<HttpResponse> dependencies(const Tenant& tenant, const HttpRequest& request) {
    auto end = micros_param(request, "end");
    if (!end) return std::unexpected(end.error());
    auto lookback = number_param(request, "lookback");
    if (!lookback) return std::unexpected(lookback.error());
    UnixNanos until = end->value_or(Clock::system().now());
    uint64_t lookback_ms = std::min(lookback->value_or(kDayMs), until / kNanosPerMilli);
    auto found = engine_.dependencies(tenant, until, std::chrono::milliseconds(lookback_ms));
    JsonWriter json;
    json.begin_object().key("dependencies").begin_array();
    for (const query::Dependency& link : found.dependencies) {
      json.begin_object().member("parent", link.parent).member("child", link.child);
      json.member("callCount", link.call_count).member("errorCount", link.error_count);
      json.member("p50Us", link.p50 / 1000).member("p95Us", link.p95 / 1000);
      json.member("p99Us", link.p99 / 1000).end_object();
    }
    json.end_array().member("complete", found.complete).end_object();
    return success(json);
  }

 private:
  query::Engine& engine_;
};

}  // namespace

void add_clew_v1(net::HttpRoutes& routes, query::Engine& engine) {
  Endpoints<ClewV1> endpoints(routes, std::make_shared<ClewV1>(engine), HttpResponse::json_error);
  auto add = [&](std::string_view path, Endpoints<ClewV1>::Endpoint endpoint) {
    endpoints(path, endpoint, [params = DescribedParams("GET", path)](const HttpRequest& request) {
      return params.check(request);
    });
  };
  add("/api/clew/v1/services", &ClewV1::services);
  add("/api/clew/v1/operations", &ClewV1::operations);
  add("/api/clew/v1/tags", &ClewV1::tags);
  add("/api/clew/v1/tags/{key}/values", &ClewV1::tag_values);
  add("/api/clew/v1/search", &ClewV1::search);
  add("/api/clew/v1/metrics", &ClewV1::metrics);
  add("/api/clew/v1/traces/{id}", &ClewV1::trace);
  add("/api/clew/v1/dependencies", &ClewV1::dependencies);
  add_clew_openapi(routes);
}

}  // namespace clew::api
