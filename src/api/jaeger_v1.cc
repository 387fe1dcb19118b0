#include "api/jaeger_v1.h"

#include <set>
#include <unordered_map>

#include "api/endpoints.h"
#include "api/etag.h"
#include "api/jaeger_answer.h"
#include "api/jaeger_json.h"
#include "api/jaeger_query.h"
#include "api/jaeger_stream.h"
#include "api/params.h"
#include "base/check.h"
#include "otlp/writer.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

Error as_jaeger(Error error) {
  if (error.code == Code::kNotFound) error.message = "trace not found";
  return error;
}

class JaegerV1 {
 public:
  JaegerV1(query::Engine& engine, JaegerOptions options) : engine_(engine), options_(options) {}

  Result<HttpResponse> services(const Tenant& tenant, const HttpRequest& request) {
    JaegerAnswer answer;
    JsonWriter& data = answer.data();
    auto names = engine_.services(tenant);
    data.begin_array();
    for (const std::string& name : names) data.value(name);
    data.end_array();
    return jaeger_success(request, answer.finish(names.size()));
  }

  Result<HttpResponse> operation_names(const Tenant& tenant, const HttpRequest& request) {
    std::set<std::string> names;
    std::string service(request.path_param("service"));
    for (const auto& operation : engine_.operations(tenant, service)) names.insert(operation.name);
    JaegerAnswer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    for (const std::string& name : names) data.value(name);
    data.end_array();
    return jaeger_success(request, answer.finish(names.size()));
  }

  Result<HttpResponse> operations(const Tenant& tenant, const HttpRequest& request) {
    std::string service(text_param(request, "service"));
    if (service.empty()) return fail(Code::kInvalid, "parameter 'service' is required");
    std::optional<otlp::SpanKind> kind;
    if (auto text = text_param(request, "spanKind"); !text.empty()) {
      auto parsed = parse_span_kind(text);
      if (!parsed) return std::unexpected(parsed.error());
      kind = *parsed;
    }
    auto operations = engine_.operations(tenant, service, kind);
    JaegerAnswer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    for (const auto& operation : operations) {
      bool unspecified = operation.kind == otlp::SpanKind::kUnspecified;
      data.begin_object().member("name", operation.name);
      data.member("spanKind", unspecified ? "" : name_of(operation.kind)).end_object();
    }
    data.end_array();
    return jaeger_success(request, answer.finish(operations.size()));
  }

  Result<HttpResponse> search(const Tenant& tenant, const HttpRequest& request) {
    auto query = parse_jaeger_query(request, Clock::system().now());
    if (!query) return std::unexpected(query.error());
    if (!query->trace_ids.empty()) return by_ids(tenant, request, *query);
    auto found = engine_.search_traces(tenant, query->filter, query->limit);
    if (!found) return std::unexpected(found.error());
    JaegerAnswer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    bool complete = found->complete;
    for (const otlp::Batch& trace : found->traces) {
      complete = complete && answer.has_room();
      if (!complete) break;
      write_jaeger_trace(data, options_.adjusted(trace, query->raw));
    }
    data.end_array();
    return jaeger_success(request, answer.finish(0, incomplete_note(complete)));
  }

  Result<HttpResponse> trace(const Tenant& tenant, const HttpRequest& request) {
    auto asked = parse_jaeger_trace(request);
    if (!asked) return std::unexpected(asked.error());
    // What depends on all spans at once is made at once.
    bool whole = options_.adjusts(asked->raw) || wants_pretty(request);
    return whole ? whole_trace(tenant, request, *asked) : streamed_trace(tenant, request, *asked);
  }

  Result<HttpResponse> dependencies(const Tenant& tenant, const HttpRequest& request) {
    auto end = number_param(request, "endTs");
    if (!end) return std::unexpected(end.error());
    auto lookback = number_param(request, "lookback");
    if (!lookback) return std::unexpected(lookback.error());
    constexpr uint64_t kNanosPerMilli = 1'000'000, kDayMs = 86'400'000;
    constexpr uint64_t kMostMs = UINT64_MAX / kNanosPerMilli;
    uint64_t now_ms = Clock::system().now() / kNanosPerMilli;
    uint64_t end_ms = std::min(end->value_or(now_ms), kMostMs);
    uint64_t lookback_ms = std::min(lookback->value_or(kDayMs), end_ms);
    std::string_view service = text_param(request, "service");
    auto found = engine_.dependencies(tenant, end_ms * kNanosPerMilli,
                                      std::chrono::milliseconds(lookback_ms));
    JaegerAnswer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    for (const query::Dependency& link : found.dependencies) {
      if (!service.empty() && link.parent != service && link.child != service) continue;
      data.begin_object().member("parent", link.parent).member("child", link.child);
      data.member("callCount", link.call_count).end_object();
    }
    data.end_array();
    return jaeger_success(request, answer.finish(0, incomplete_note(found.complete)));
  }

 private:
  Result<HttpResponse> whole_trace(const Tenant& tenant, const HttpRequest& request,
                                   const JaegerTraceQuery& asked) {
    auto found = engine_.trace(tenant, asked.id);
    if (!found) return std::unexpected(as_jaeger(found.error()));
    JaegerAnswer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    write_jaeger_trace(data, options_.adjusted(found->spans, asked.raw));
    data.end_array();
    auto response = jaeger_success(request, answer.finish(0, incomplete_note(found->complete)));
    if (found->complete) set_etag(request, response);
    return response;
  }

  Result<HttpResponse> streamed_trace(const Tenant& tenant, const HttpRequest& request,
                                      const JaegerTraceQuery& asked) {
    auto trace = engine_.stream_trace(tenant, asked.id);
    if (!trace) return std::unexpected(as_jaeger(trace.error()));
    auto writer = jaeger_trace_answer((*trace)->id());
    return trace_response(request, *std::move(trace), std::move(writer));
  }

  Result<HttpResponse> by_ids(const Tenant& tenant, const HttpRequest& request,
                              const JaegerQuery& query) {
    query::TracesById looked_up = engine_.traces_by_id(tenant, query.trace_ids);
    JaegerAnswer answer;
    bool complete = looked_up.found.complete;
    answer.data().begin_array();
    for (const otlp::Batch& trace : looked_up.found.traces) {
      complete = complete && answer.has_room();
      if (!complete) break;
      write_jaeger_trace(answer.data(), options_.adjusted(trace, query.raw));
    }
    answer.data().end_array();
    std::vector<Error> errors = incomplete_note(complete);
    for (const TraceId& id : looked_up.not_found)
      errors.push_back({Code::kNotFound, fmt::format("trace not found: {}", id.hex())});
    return jaeger_success(request, answer.finish(0, errors));
  }

  query::Engine& engine_;
  const JaegerOptions options_;
};

/// The spans of each trace of a request, in order of their first span.
std::vector<otlp::Batch> by_trace(const otlp::Batch& batch) {
  std::vector<otlp::RequestWriter> writers;
  std::unordered_map<TraceId, size_t, IdHash> places;
  for (const otlp::SpanRef& ref : batch.spans()) {
    auto [at, is_new] = places.emplace(ref.trace_id, writers.size());
    if (is_new) writers.emplace_back();
    writers[at->second].add(batch, ref);
  }
  std::vector<otlp::Batch> traces;
  for (otlp::RequestWriter& writer : writers) {
    auto trace = otlp::Batch::index(SharedBytes::take(writer.finish()));
    CLEW_CHECK(trace.has_value());  // whole spans of a batch that was indexed
    traces.push_back(*std::move(trace));
  }
  return traces;
}

Result<HttpResponse> transform(const HttpRequest& request, const JsonToOtlp& to_otlp) {
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  auto bytes = to_otlp(body->view());
  if (!bytes) return std::unexpected(bytes.error());
  auto batch = otlp::Batch::index(SharedBytes::take(*std::move(bytes)));
  if (!batch) return std::unexpected(batch.error());
  JaegerAnswer answer;
  answer.data().begin_array();
  bool complete = true;
  for (const otlp::Batch& trace : by_trace(*batch)) {
    complete = answer.has_room();
    if (!complete) break;
    write_jaeger_trace(answer.data(), trace);
  }
  answer.data().end_array();
  return jaeger_success(request, answer.finish(0, incomplete_note(complete)));
}

}  // namespace

void add_jaeger_v1(net::HttpRoutes& routes, query::Engine& engine, JaegerOptions options) {
  Endpoints<JaegerV1> add(routes, std::make_shared<JaegerV1>(engine, options), jaeger_failure);
  add("/api/services", &JaegerV1::services);
  add("/api/services/{service}/operations", &JaegerV1::operation_names);
  add("/api/operations", &JaegerV1::operations);
  add("/api/traces", &JaegerV1::search);
  add("/api/traces/{traceID}", &JaegerV1::trace);
  add("/api/dependencies", &JaegerV1::dependencies);
}

void add_jaeger_transform(net::HttpRoutes& routes, JsonToOtlp to_otlp) {
  routes.add("POST", "/api/transform",
             [to_otlp = std::move(to_otlp)](HttpRequest request, net::HttpResponder responder) {
               auto answer = transform(request, to_otlp);
               if (!answer) return responder.send(jaeger_failure(answer.error()));
               compress_if_wanted(request, *answer);
               responder.send(*std::move(answer));
             });
}

}  // namespace clew::api
