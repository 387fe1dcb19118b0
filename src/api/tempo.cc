#include "api/tempo.h"

#include <memory>
#include <vector>

#include "api/endpoints.h"
#include "api/params.h"
#include "api/tempo_answers.h"
#include "api/tempo_diff.h"
#include "api/tempo_metrics.h"
#include "api/tempo_query.h"
#include "api/tempo_search.h"
#include "api/tempo_trace_filter.h"
#include "base/json.h"
#include "net/status.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view kProtobuf = "application/protobuf";
/// The version of Tempo whose API this is: Grafana decides by it what it may ask for.
constexpr std::string_view kTempoVersion = "3.0.3";

HttpResponse failure(const Error& error) {
  return HttpResponse::text(net::http_status(error.code), error.message + "\n");
}

TempoForm form_of(const HttpRequest& request) {
  return request.header("Accept").starts_with(kProtobuf) ? TempoForm::kProtobuf : TempoForm::kJson;
}

HttpResponse success(TempoForm form, std::string body, bool complete = true) {
  HttpResponse response = HttpResponse::json(200, std::move(body));
  if (form == TempoForm::kProtobuf) response.content_type = kProtobuf;
  if (!complete) warn_incomplete(response);
  return response;
}

class Tempo {
 public:
  explicit Tempo(query::Engine& engine) : engine_(engine) {}

  Result<HttpResponse> echo(const Tenant&, const HttpRequest&) {
    return HttpResponse::text(200, "echo");
  }

  Result<HttpResponse> buildinfo(const Tenant&, const HttpRequest&) {
    JsonWriter json;
    json.begin_object().member("version", kTempoVersion);
    json.member("revision", "clew");
    for (const char* unknown : {"branch", "buildDate", "buildUser", "goVersion"})
      json.member(unknown, "");
    json.end_object();
    return HttpResponse::json(200, json.take());
  }

  Result<HttpResponse> trace(const Tenant& tenant, const HttpRequest& request) {
    auto id = asked_trace(request);
    if (!id) return std::unexpected(id.error());
    auto trace = engine_.stream_trace(tenant, *id);
    if (!trace && trace.error().code == Code::kNotFound)
      return fail(Code::kNotFound, "trace not found");
    if (!trace) return std::unexpected(trace.error());
    bool complete = (*trace)->complete();
    HttpResponse response = streamed(request, *std::move(trace), tempo_trace(form_of(request)));
    if (!complete) warn_incomplete(response);
    return response;
  }

  Result<HttpResponse> trace_v2(const Tenant& tenant, const HttpRequest& request) {
    auto filter = parse_tempo_trace_filter(request);
    if (!filter) return std::unexpected(filter.error());
    auto id = asked_trace(request);
    if (!id) return std::unexpected(id.error());
    TempoForm form = form_of(request);
    auto answer = *filter ? filtered(tenant, request, *id, **filter) : whole(tenant, request, *id);
    if (answer || answer.error().code != Code::kNotFound) return answer;
    return success(form, tempo_trace_v2("", true, form));  // as Tempo: no error, no spans
  }

  Result<HttpResponse> search(const Tenant& tenant, const HttpRequest& request) {
    auto search = parse_tempo_search(request);
    if (!search) return std::unexpected(search.error());
    std::vector<query::traceql::FoundTrace> traces;
    auto end = search_tempo(engine_, tenant, *search, [&](query::traceql::FoundTrace trace) {
      traces.push_back(std::move(trace));
    });
    if (!end) return std::unexpected(end.error());
    TempoForm form = form_of(request);
    return success(form, tempo_search(traces, *end, form), end->complete);
  }

  Result<HttpResponse> metrics_range(const Tenant& tenant, const HttpRequest& request) {
    auto asked = parse_tempo_metrics(request, Clock::system().now());
    if (!asked) return std::unexpected(asked.error());
    auto found = ask_tempo_range(engine_, tenant, *asked);
    if (!found) return std::unexpected(found.error());
    TempoForm form = form_of(request);
    return success(form, tempo_range(*found, form), found->answer.complete);
  }

  Result<HttpResponse> metrics_instant(const Tenant& tenant, const HttpRequest& request) {
    auto asked = parse_tempo_metrics(request, Clock::system().now());
    if (!asked) return std::unexpected(asked.error());
    auto found = ask_tempo_instant(engine_, tenant, *asked);
    if (!found) return std::unexpected(found.error());
    TempoForm form = form_of(request);
    return success(form, tempo_instant(*found, form), found->answer.complete);
  }

  Result<HttpResponse> tags(const Tenant& tenant, const HttpRequest& request) {
    auto tags = find_tags(tenant, request);
    if (!tags) return std::unexpected(tags.error());
    if (text_param(request, "scope") != kTempoIntrinsic) remove_intrinsics(*tags);
    TempoForm form = form_of(request);
    return success(form, tempo_tags(*tags, form), tags->complete);
  }

  Result<HttpResponse> tags_v2(const Tenant& tenant, const HttpRequest& request) {
    auto tags = find_tags(tenant, request);
    if (!tags) return std::unexpected(tags.error());
    TempoForm form = form_of(request);
    return success(form, tempo_tags_v2(*tags, form), tags->complete);
  }

  /// Of an attribute by its name alone, wherever it stands.
  Result<HttpResponse> values(const Tenant& tenant, const HttpRequest& request) {
    auto values = find_values(tenant, request, field_of_tag(request.path_param("name")));
    if (!values) return std::unexpected(values.error());
    TempoForm form = form_of(request);
    return success(form, tempo_values(*values, form), values->complete);
  }

  Result<HttpResponse> values_v2(const Tenant& tenant, const HttpRequest& request) {
    auto tag = parse_tempo_tag(request.path_param("name"));
    if (!tag) return std::unexpected(tag.error());
    auto values = find_values(tenant, request, *tag);
    if (!values) return std::unexpected(values.error());
    TempoForm form = form_of(request);
    return success(form, tempo_values_v2(*values, form), values->complete);
  }

 private:
  static Result<TraceId> asked_trace(const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("id"));
    if (!id) return std::unexpected(id.error());
    // Hints where to look, which nobody needs here; wrong ones are wrong all the same.
    for (std::string_view hint : {"start", "end"})
      if (auto seconds = number_param(request, hint); !seconds)
        return std::unexpected(seconds.error());
    return *id;
  }

  static HttpResponse streamed(const HttpRequest& request,
                               std::unique_ptr<query::TraceStream> trace, OtlpAnswerForm form) {
    bool is_proto = form_of(request) == TempoForm::kProtobuf;
    HttpResponse response =
        trace_response(request, std::move(trace), otlp_trace_answer(std::move(form)),
                       is_proto ? TraceForm::kProtobuf : TraceForm::kJson);
    response.headers.emplace_back("Vary", "Accept");
    return response;
  }

  Result<HttpResponse> whole(const Tenant& tenant, const HttpRequest& request, const TraceId& id) {
    auto trace = engine_.stream_trace(tenant, id);
    if (!trace) return std::unexpected(trace.error());
    return streamed(request, *std::move(trace), tempo_trace_v2(form_of(request)));
  }

  /// Which spans stand above others is known of the whole trace only.
  Result<HttpResponse> filtered(const Tenant& tenant, const HttpRequest& request, const TraceId& id,
                                const TempoTraceFilter& filter) {
    auto found = engine_.trace(tenant, id);
    if (!found) return std::unexpected(found.error());
    TempoForm form = form_of(request);
    std::string part = filtered_tempo_trace(found->spans, filter);
    return success(form, tempo_trace_v2(part, found->complete, form));
  }

  Result<TempoTags> find_tags(const Tenant& tenant, const HttpRequest& request) {
    auto names = parse_tempo_names(request, SIZE_MAX);
    if (!names) return std::unexpected(names.error());
    return list_tempo_tags(engine_, tenant, text_param(request, "scope"), *names);
  }

  Result<TempoValues> find_values(const Tenant& tenant, const HttpRequest& request,
                                  const query::traceql::Field& tag) {
    auto names = parse_tempo_names(request, kTempoValues);
    if (!names) return std::unexpected(names.error());
    return list_tempo_values(engine_, tenant, tag, *names);
  }

  query::Engine& engine_;
};

}  // namespace

void add_tempo(net::HttpRoutes& routes, query::Engine& engine, const std::string& prefix) {
  Endpoints<Tempo> add(routes, std::make_shared<Tempo>(engine), failure);
  add(prefix + "/api/echo", &Tempo::echo);
  add(prefix + "/api/status/buildinfo", &Tempo::buildinfo);
  add(prefix + "/status/buildinfo", &Tempo::buildinfo);
  add(prefix + "/api/traces/{id}", &Tempo::trace);
  add(prefix + "/api/v2/traces/{id}", &Tempo::trace_v2);
  add(prefix + "/api/search", &Tempo::search);
  add(prefix + "/api/metrics/query_range", &Tempo::metrics_range);
  add(prefix + "/api/metrics/query", &Tempo::metrics_instant);
  add(prefix + "/api/search/tags", &Tempo::tags);
  add(prefix + "/api/v2/search/tags", &Tempo::tags_v2);
  add(prefix + "/api/search/tag/{name}/values", &Tempo::values);
  add(prefix + "/api/v2/search/tag/{name}/values", &Tempo::values_v2);
  add_tempo_diff(routes, engine, prefix);
}

}  // namespace clew::api
