#include "api/archive.h"

#include <functional>

#include "api/clew_openapi.h"
#include "api/params.h"
#include "base/json.h"
#include "net/status.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

/// Jaeger's envelope without data; it has an empty array where it archived and null where not.
HttpResponse jaeger_answer(int status, const Error* error) {
  JsonWriter json;
  json.begin_object().key("data");
  if (error)
    json.null();
  else
    json.begin_array().end_array();
  json.member("total", 0).member("limit", 0).member("offset", 0).key("errors").begin_array();
  if (error) json.begin_object().member("code", status).member("msg", error->message).end_object();
  json.end_array().end_object();
  return HttpResponse::json(status, json.take());
}

HttpResponse jaeger_failure(const Error& error) {
  return jaeger_answer(net::http_status(error.code), &error);
}

using Endpoint =
    std::function<Result<HttpResponse>(store::Store&, const Tenant&, const HttpRequest&)>;
using Failure = HttpResponse (*)(const Error&);

Result<HttpResponse> archive(store::Store& store, const Tenant& tenant,
                             const HttpRequest& request) {
  auto id = parse_trace_id(request.path_param("traceID"));
  if (!id) return std::unexpected(id.error());
  auto pinned = store.pin(tenant, *id);
  if (pinned) return jaeger_answer(200, nullptr);
  if (pinned.error().code == Code::kNotFound) return fail(Code::kNotFound, "trace not found");
  return std::unexpected(pinned.error());
}

Result<HttpResponse> pin(store::Store& store, const Tenant& tenant, const HttpRequest& request) {
  auto id = parse_trace_id(request.path_param("id"));
  if (!id) return std::unexpected(id.error());
  auto pinned = store.pin(tenant, *id);
  if (!pinned) return std::unexpected(pinned.error());
  JsonWriter json;
  json.begin_object().member("traceId", id->hex()).member("spanCount", pinned->spans);
  json.member("complete", pinned->complete).end_object();
  return HttpResponse::json(200, json.take());
}

Result<HttpResponse> unpin(store::Store& store, const Tenant& tenant, const HttpRequest& request) {
  auto id = parse_trace_id(request.path_param("id"));
  if (!id) return std::unexpected(id.error());
  if (auto unpinned = store.unpin(tenant, *id); !unpinned) return std::unexpected(unpinned.error());
  JsonWriter json;
  json.begin_object().member("traceId", id->hex()).end_object();
  return HttpResponse::json(200, json.take());
}

Result<HttpResponse> pins(store::Store& store, const Tenant& tenant, const HttpRequest&) {
  JsonWriter json;
  json.begin_object().key("traceIds").begin_array();
  for (const TraceId& id : store.pinned(tenant)) json.value(id.hex());
  json.end_array().end_object();
  return HttpResponse::json(200, json.take());
}

void add(net::HttpRoutes& routes, store::Store& store, std::string method, std::string_view pattern,
         Endpoint endpoint, Failure failure) {
  routes.add(std::move(method), pattern,
             [&store, endpoint, failure](HttpRequest request, HttpResponder responder) {
               auto tenant = tenant_of(request);
               if (!tenant) return responder.send(failure(tenant.error()));
               auto answer = endpoint(store, *tenant, request);
               responder.send(answer ? *std::move(answer) : failure(answer.error()));
             });
}

/// An endpoint of Clew's own API.
void add_described(net::HttpRoutes& routes, store::Store& store, std::string method,
                   std::string_view path, Endpoint endpoint) {
  DescribedParams params(method, path);
  add(
      routes, store, std::move(method), path,
      [params = std::move(params), endpoint = std::move(endpoint)](
          store::Store& of, const Tenant& tenant,
          const HttpRequest& request) -> Result<HttpResponse> {
        if (auto checked = params.check(request); !checked) return std::unexpected(checked.error());
        return endpoint(of, tenant, request);
      },
      HttpResponse::json_error);
}

}  // namespace

void add_archive(net::HttpRoutes& routes, store::Store& store) {
  add(routes, store, "POST", "/api/archive/{traceID}", archive, jaeger_failure);
  add_described(routes, store, "PUT", "/api/clew/v1/traces/{id}/pin", pin);
  add_described(routes, store, "DELETE", "/api/clew/v1/traces/{id}/pin", unpin);
  add_described(routes, store, "GET", "/api/clew/v1/pins", pins);
}

}  // namespace clew::api
