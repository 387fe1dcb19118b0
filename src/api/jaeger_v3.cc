#include "api/jaeger_v3.h"

#include <chrono>

#include "api/endpoints.h"
#include "api/etag.h"
#include "api/jaeger_capabilities.h"
#include "api/jaeger_query.h"
#include "api/jaeger_v3_post.h"
#include "api/jaeger_v3_query.h"
#include "api/otlp_stream.h"
#include "api/params.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/status.h"
#include "otlp/json_writer.h"
#include "query/page_token.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

/// GRPCGatewayError of api_v3.
HttpResponse failure(const Error& error) {
  int status = net::http_status(error.code);
  JsonWriter json;
  json.begin_object().key("error").begin_object();
  json.member("grpcCode", static_cast<int>(net::grpc_code(error.code)));
  json.member("httpCode", status).member("message", error.message);
  json.end_object().end_object();
  return HttpResponse::json(status, json.take());
}

/// The API has no field that says that there may be more.
HttpResponse success(std::string body, bool complete) {
  HttpResponse response = HttpResponse::json(200, std::move(body));
  if (!complete) warn_incomplete(response);
  return response;
}

constexpr std::string_view kAnswerHead = "{\"result\":{\"resourceSpans\":[";

std::string resource_spans(std::string_view request) {
  return otlp::resource_spans_json(request, otlp::JsonForm::kOtlp);
}

/// {"result":{"resourceSpans":[…]}}. False once the answer is as large as it may be.
class TracesAnswer {
 public:
  bool add(const otlp::Batch& trace) {
    if (out_.size() >= limits::kJsonAnswerBytes) {
      metrics::count_limit_hit("json_answer_bytes");
      return false;
    }
    std::string elements = resource_spans(trace.bytes().view());
    if (elements.empty()) return true;
    if (any_) out_ += ',';
    out_ += elements;
    any_ = true;
    return true;
  }

  std::string finish(const std::optional<store::FoundTrace>& next) {
    out_ += "]}";
    if (next) out_ += fmt::format(",\"nextPageToken\":\"{}\"", query::encode_page_token(*next));
    out_ += '}';
    return std::move(out_);
  }

 private:
  std::string out_{kAnswerHead};
  bool any_ = false;
};

void write_summary(JsonWriter& json, const query::TraceSummary& trace) {
  json.begin_object().member("traceId", trace.id.hex());
  json.member("rootServiceName", trace.root_service);
  json.member("rootOperationName", trace.root_operation);
  // 64-bit numbers are strings in proto3's JSON.
  json.member("minStartTimeUnixNano", std::to_string(trace.start));
  json.member("maxEndTimeUnixNano", std::to_string(trace.start + trace.duration));
  json.member("spanCount", trace.span_count).member("errorSpanCount", trace.error_count);
  json.member("orphanSpanCount", trace.orphan_count).key("services").begin_array();
  for (const query::ServiceSummary& service : trace.services) {
    json.begin_object().member("name", service.name).member("spanCount", service.span_count);
    json.member("errorSpanCount", service.error_count).end_object();
  }
  json.end_array().end_object();
}

class JaegerV3 {
 public:
  JaegerV3(query::Engine& engine, JaegerOptions options) : engine_(engine), options_(options) {}

  Result<HttpResponse> services(const Tenant& tenant, const HttpRequest&) {
    JsonWriter json;
    json.begin_object().key("services").begin_array();
    for (const std::string& name : engine_.services(tenant)) json.value(name);
    json.end_array().end_object();
    return success(json.take(), /*complete=*/true);
  }

  Result<HttpResponse> operations(const Tenant& tenant, const HttpRequest& request) {
    std::string service(text_param(request, "service"));
    if (service.empty()) return malformed_param("service", "it is required");
    std::optional<otlp::SpanKind> kind;
    NamedParam param = either_param(request, "spanKind", "span_kind");
    if (!param.text.empty()) {
      auto parsed = parse_span_kind(param.text);
      if (!parsed) return malformed_param(param.name, parsed.error().message);
      kind = *parsed;
    }
    JsonWriter json;
    json.begin_object().key("operations").begin_array();
    for (const store::Operation& operation : engine_.operations(tenant, service, kind)) {
      // What Jaeger calls a kind that is not known.
      bool unknown = operation.kind == otlp::SpanKind::kUnspecified;
      json.begin_object().member("name", operation.name);
      json.member("spanKind", name_of(unknown ? otlp::SpanKind::kInternal : operation.kind));
      json.end_object();
    }
    json.end_array().end_object();
    return success(json.take(), /*complete=*/true);
  }

  Result<HttpResponse> trace(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("trace_id"));
    if (!id) return malformed_param("trace_id", id.error().message);
    auto raw = read_trace_params(request);
    if (!raw) return std::unexpected(raw.error());
    // What depends on all spans at once is made at once.
    auto answer = options_.adjusts(*raw) ? adjusted_trace(tenant, request, *id)
                                         : streamed_trace(tenant, request, *id);
    if (!answer && answer.error().code == Code::kNotFound)
      return fail(Code::kNotFound, "trace not found");
    return answer;
  }

  Result<HttpResponse> search(const Tenant& tenant, const HttpRequest& request) {
    auto query = parse_jaeger_v3_query(request);
    if (!query) return std::unexpected(query.error());
    auto found = search_spans(engine_, tenant, *query);
    if (!found) return std::unexpected(found.error());
    if (found->traces.empty() && found->complete) return fail(Code::kNotFound, "No traces found");
    TracesAnswer answer;
    for (const otlp::Batch& trace : found->traces) {
      if (answer.add(options_.adjusted(trace, query->raw))) continue;
      // Where the next page would begin is not known of what was left out.
      return success(answer.finish(std::nullopt), /*complete=*/false);
    }
    return success(answer.finish(found->next), found->complete);
  }

  Result<HttpResponse> summaries(const Tenant& tenant, const HttpRequest& request) {
    auto query = parse_jaeger_v3_query(request);
    if (!query) return std::unexpected(query.error());
    auto found = search_summaries(engine_, tenant, *query);
    if (!found) return std::unexpected(found.error());
    JsonWriter json;
    json.begin_object().key("summaries").begin_array();
    for (const query::TraceSummary& trace : found->traces) write_summary(json, trace);
    json.end_array();
    if (found->next) json.member("nextPageToken", query::encode_page_token(*found->next));
    json.end_object();
    return success(json.take(), found->complete);
  }

  Result<HttpResponse> capabilities(const Tenant&, const HttpRequest&) {
    JsonWriter json;
    json.begin_object().key("search").begin_object();
    json.member("withoutServiceName", true).member("sameSpanConjunction", true);
    json.key("filter").begin_object().key("levels").begin_array();
    for (std::string_view level : kFilterLevels) json.value(level);
    json.end_array().key("operators").begin_array();
    for (std::string_view op : kFilterOperators) json.value(op);
    json.end_array().end_object().member("paginated", true).end_object().end_object();
    return success(json.take(), /*complete=*/true);
  }

  Result<HttpResponse> dependencies(const Tenant& tenant, const HttpRequest& request) {
    NamedParam from = either_param(request, "startTime", "start_time");
    NamedParam to = either_param(request, "endTime", "end_time");
    for (const NamedParam& param : {from, to})
      if (param.text.empty()) return malformed_param(param.name, "it is required");
    auto start = time_param(from);
    if (!start) return std::unexpected(start.error());
    auto end = time_param(to);
    if (!end) return std::unexpected(end.error());
    if (**end <= **start)
      return malformed_param(to.name, fmt::format("it must be after {}", from.name));
    auto lookback = std::chrono::nanoseconds(**end - **start);
    auto found = engine_.dependencies(tenant, **end - 1,
                                      std::chrono::ceil<std::chrono::milliseconds>(lookback));
    JsonWriter json;
    json.begin_object().key("dependencies").begin_array();
    for (const query::Dependency& link : found.dependencies) {
      json.begin_object().member("parent", link.parent).member("child", link.child);
      json.member("callCount", std::to_string(link.call_count)).end_object();
    }
    json.end_array().end_object();
    return success(json.take(), found.complete);
  }

 private:
  Result<HttpResponse> adjusted_trace(const Tenant& tenant, const HttpRequest& request,
                                      const TraceId& id) {
    auto found = engine_.trace(tenant, id);
    if (!found) return std::unexpected(found.error());
    TracesAnswer answer;
    answer.add(options_.adjusted(found->spans, /*raw=*/false));
    HttpResponse response = success(answer.finish(std::nullopt), found->complete);
    if (found->complete) set_etag(request, response);
    return response;
  }

  Result<HttpResponse> streamed_trace(const Tenant& tenant, const HttpRequest& request,
                                      const TraceId& id) {
    auto trace = engine_.stream_trace(tenant, id);
    if (!trace) return std::unexpected(trace.error());
    bool complete = (*trace)->complete();
    auto writer = otlp_trace_answer({.head = std::string(kAnswerHead),
                                     .part = resource_spans,
                                     .between = ",",
                                     .tail = [](bool) { return std::string("]}}"); }});
    HttpResponse response = trace_response(request, *std::move(trace), std::move(writer));
    if (!complete) warn_incomplete(response);
    return response;
  }

  /// rawTraces. startTime and endTime are hints for stores that need them; ours looks everywhere.
  static Result<bool> read_trace_params(const HttpRequest& request) {
    auto start = time_param(either_param(request, "startTime", "start_time"));
    if (!start) return std::unexpected(start.error());
    auto end = time_param(either_param(request, "endTime", "end_time"));
    if (!end) return std::unexpected(end.error());
    return bool_param(either_param(request, "rawTraces", "raw_traces"));
  }

  query::Engine& engine_;
  const JaegerOptions options_;
};

/// A search whose parameters are the body.
Result<HttpResponse> answer_post(JaegerV3& api, Endpoints<JaegerV3>::Endpoint endpoint,
                                 HttpRequest& request) {
  auto tenant = tenant_of(request);
  if (!tenant) return std::unexpected(tenant.error());
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  auto params = jaeger_v3_body_params(body->view());
  if (!params) return std::unexpected(params.error());
  request.query = *std::move(params);
  return (api.*endpoint)(*tenant, request);
}

void add_post(net::HttpRoutes& routes, std::string_view pattern, std::shared_ptr<JaegerV3> api,
              Endpoints<JaegerV3>::Endpoint endpoint) {
  routes.add("POST", pattern,
             [api = std::move(api), endpoint](HttpRequest request, net::HttpResponder responder) {
               auto answer = answer_post(*api, endpoint, request);
               if (!answer) return responder.send(failure(answer.error()));
               compress_if_wanted(request, *answer);
               responder.send(*std::move(answer));
             });
}

}  // namespace

void add_jaeger_v3(net::HttpRoutes& routes, query::Engine& engine, JaegerOptions options) {
  auto api = std::make_shared<JaegerV3>(engine, options);
  Endpoints<JaegerV3> add(routes, api, failure);
  add("/api/v3/services", &JaegerV3::services);
  add("/api/v3/operations", &JaegerV3::operations);
  add("/api/v3/traces", &JaegerV3::search);
  add("/api/v3/traces/{trace_id}", &JaegerV3::trace);
  add("/api/v3/trace-summaries", &JaegerV3::summaries);
  add("/api/v3/dependencies", &JaegerV3::dependencies);
  add("/api/v3/capabilities", &JaegerV3::capabilities);
  add_post(routes, "/api/v3/traces", api, &JaegerV3::search);
  add_post(routes, "/api/v3/trace-summaries", api, &JaegerV3::summaries);
}

}  // namespace clew::api
