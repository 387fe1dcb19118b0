#include "api/jaeger_v1.h"

#include <nlohmann/json.hpp>
#include <set>

#include "api/endpoints.h"
#include "api/jaeger_json.h"
#include "api/jaeger_query.h"
#include "api/params.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/status.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

/// The envelope of every answer, written around the data.
class Answer {
 public:
  Answer() { json_.begin_object().key("data"); }

  JsonWriter& data() { return json_; }

  /// Whether more data may be written; counts the limit when not.
  bool has_room() const {
    if (json_.size() < limits::kJsonAnswerBytes) return true;
    metrics::count_limit_hit("json_answer_bytes");
    return false;
  }

  std::string finish(size_t total, const std::vector<Error>& errors = {}) {
    json_.member("total", total).member("limit", 0).member("offset", 0).key("errors");
    if (errors.empty()) return json_.null().end_object().take();
    json_.begin_array();
    for (const Error& error : errors)
      json_.begin_object()
          .member("code", net::http_status(error.code))
          .member("msg", error.message)
          .end_object();
    return json_.end_array().end_object().take();
  }

 private:
  JsonWriter json_;
};

HttpResponse failure(const Error& error) {
  Answer answer;
  answer.data().null();
  return HttpResponse::json(net::http_status(error.code), answer.finish(0, {error}));
}

HttpResponse success(const HttpRequest& request, std::string body) {
  constexpr size_t kMostPretty = 16 << 20;  // larger ones nobody reads, and the tree would be huge
  std::string_view pretty = text_param(request, "prettyPrint");
  if (!pretty.empty() && pretty != "false" && body.size() <= kMostPretty)
    body = nlohmann::json::parse(body).dump(4);
  return HttpResponse::json(200, std::move(body));
}

/// What goes into `errors` beside data that is not everything there is.
std::vector<Error> incomplete_note(bool complete) {
  if (complete) return {};
  return {{Code::kTimeout, "the answer is incomplete: a deadline, a limit or damage cut it short"}};
}

class JaegerV1 {
 public:
  explicit JaegerV1(query::Engine& engine) : engine_(engine) {}

  Result<HttpResponse> services(const Tenant& tenant, const HttpRequest& request) {
    Answer answer;
    JsonWriter& data = answer.data();
    auto names = engine_.services(tenant);
    data.begin_array();
    for (const std::string& name : names) data.value(name);
    data.end_array();
    return success(request, answer.finish(names.size()));
  }

  Result<HttpResponse> operation_names(const Tenant& tenant, const HttpRequest& request) {
    std::set<std::string> names;
    std::string service(request.path_param("service"));
    for (const auto& operation : engine_.operations(tenant, service)) names.insert(operation.name);
    Answer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    for (const std::string& name : names) data.value(name);
    data.end_array();
    return success(request, answer.finish(names.size()));
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
    Answer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    for (const auto& operation : operations) {
      bool unspecified = operation.kind == otlp::SpanKind::kUnspecified;
      data.begin_object().member("name", operation.name);
      data.member("spanKind", unspecified ? "" : name_of(operation.kind)).end_object();
    }
    data.end_array();
    return success(request, answer.finish(operations.size()));
  }

  Result<HttpResponse> search(const Tenant& tenant, const HttpRequest& request) {
    auto query = parse_jaeger_query(request, Clock::system().now());
    if (!query) return std::unexpected(query.error());
    if (!query->trace_ids.empty()) return by_ids(tenant, request, query->trace_ids);
    auto found = engine_.search_traces(tenant, query->filter, query->limit);
    if (!found) return std::unexpected(found.error());
    Answer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    bool complete = found->complete;
    for (const otlp::Batch& trace : found->traces) {
      complete = complete && answer.has_room();
      if (!complete) break;
      write_jaeger_trace(data, trace);
    }
    data.end_array();
    return success(request, answer.finish(0, incomplete_note(complete)));
  }

  Result<HttpResponse> trace(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("traceID"));
    if (!id) return std::unexpected(id.error());
    auto found = engine_.trace(tenant, *id);
    if (!found) {
      if (found.error().code != Code::kNotFound) return std::unexpected(found.error());
      return fail(Code::kNotFound, "trace not found");
    }
    Answer answer;
    JsonWriter& data = answer.data();
    data.begin_array();
    write_jaeger_trace(data, found->spans);
    data.end_array();
    return success(request, answer.finish(0, incomplete_note(found->complete)));
  }

  Result<HttpResponse> dependencies(const Tenant& tenant, const HttpRequest& request) {
    auto end = number_param(request, "endTs");
    if (!end) return std::unexpected(end.error());
    if (!*end) return fail(Code::kInvalid, "unable to parse param 'endTs': it is required (ms)");
    auto lookback = number_param(request, "lookback");
    if (!lookback) return std::unexpected(lookback.error());
    constexpr uint64_t kNanosPerMilli = 1'000'000, kDayMs = 86'400'000;
    constexpr uint64_t kMostMs = UINT64_MAX / kNanosPerMilli;
    uint64_t end_ms = std::min(**end, kMostMs);
    uint64_t lookback_ms = std::min(lookback->value_or(kDayMs), end_ms);
    std::string_view service = text_param(request, "service");
    auto found = engine_.dependencies(tenant, end_ms * kNanosPerMilli,
                                      std::chrono::milliseconds(lookback_ms));
    Answer answer;
    JsonWriter& data = answer.data();
    size_t total = 0;
    data.begin_array();
    for (const query::Dependency& link : found.dependencies) {
      if (!service.empty() && link.parent != service && link.child != service) continue;
      data.begin_object().member("parent", link.parent).member("child", link.child);
      data.member("callCount", link.call_count).end_object();
      ++total;
    }
    data.end_array();
    return success(request, answer.finish(total, incomplete_note(found.complete)));
  }

 private:
  Result<HttpResponse> by_ids(const Tenant& tenant, const HttpRequest& request,
                              const std::vector<TraceId>& ids) {
    query::TracesById looked_up = engine_.traces_by_id(tenant, ids);
    Answer answer;
    bool complete = looked_up.found.complete;
    answer.data().begin_array();
    for (const otlp::Batch& trace : looked_up.found.traces) {
      complete = complete && answer.has_room();
      if (!complete) break;
      write_jaeger_trace(answer.data(), trace);
    }
    answer.data().end_array();
    std::vector<Error> errors = incomplete_note(complete);
    for (const TraceId& id : looked_up.not_found)
      errors.push_back({Code::kNotFound, fmt::format("trace not found: {}", id.hex())});
    return success(request, answer.finish(0, errors));
  }

  query::Engine& engine_;
};

}  // namespace

void add_jaeger_v1(net::HttpRoutes& routes, query::Engine& engine) {
  Endpoints<JaegerV1> add(routes, std::make_shared<JaegerV1>(engine), failure);
  add("/api/services", &JaegerV1::services);
  add("/api/services/{service}/operations", &JaegerV1::operation_names);
  add("/api/operations", &JaegerV1::operations);
  add("/api/traces", &JaegerV1::search);
  add("/api/traces/{traceID}", &JaegerV1::trace);
  add("/api/dependencies", &JaegerV1::dependencies);
}

}  // namespace clew::api
