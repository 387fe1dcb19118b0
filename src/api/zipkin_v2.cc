#include "api/zipkin_v2.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "api/endpoints.h"
#include "api/params.h"
#include "api/trace_pieces.h"
#include "api/zipkin_fields.h"
#include "api/zipkin_json.h"
#include "api/zipkin_links.h"
#include "api/zipkin_query.h"
#include "api/zipkin_search.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/status.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

HttpResponse failure(const Error& error) {
  return HttpResponse::text(net::http_status(error.code), error.message);
}

HttpResponse success(JsonWriter json, bool complete = true) {
  HttpResponse response = HttpResponse::json(200, json.take());
  if (!complete) warn_incomplete(response);
  return response;
}

HttpResponse list(const auto& names, bool complete = true) {
  JsonWriter json;
  json.begin_array();
  for (const std::string& name : names) json.value(name);
  json.end_array();
  return success(std::move(json), complete);
}

void write_trace(JsonWriter& json, const ZipkinTrace& trace) {
  json.begin_array();
  for (const otlp::SpanRef& ref : trace.spans) write_zipkin_span(json, trace.batch, ref);
  json.end_array();
}

HttpResponse list_of_traces(const ZipkinTraces& found) {
  JsonWriter json;
  json.begin_array();
  bool complete = found.complete;
  for (const ZipkinTrace& trace : found.traces) {
    if (json.size() >= limits::kJsonAnswerBytes) {
      metrics::count_limit_hit("json_answer_bytes");
      complete = false;
      break;
    }
    write_trace(json, trace);
  }
  json.end_array();
  return success(std::move(json), complete);
}

/// The spans of one trace that are wanted, in an array.
class SpansAnswer : public TraceAnswer {
 public:
  using Wanted = std::function<bool(const TraceId&)>;

  explicit SpansAnswer(Wanted wanted) : wanted_(std::move(wanted)) { json_.begin_array(); }

  void add(const otlp::Batch& batch, const otlp::SpanRef& ref) override {
    if (wanted_(ref.trace_id)) write_zipkin_span(json_, batch, ref);
  }
  void finish(bool) override { json_.end_array(); }
  size_t size() const override { return json_.size(); }
  std::string take() override { return json_.take(); }

 private:
  const Wanted wanted_;
  JsonWriter json_;
};

class ZipkinV2 {
 public:
  ZipkinV2(query::Engine& engine, ZipkinOptions options) : engine_(engine), options_(options) {}

  Result<HttpResponse> services(const Tenant& tenant, const HttpRequest&) {
    std::set<std::string> names;
    for (const std::string& name : engine_.services(tenant)) names.insert(zipkin_name(name));
    return list(names);
  }

  Result<HttpResponse> spans(const Tenant& tenant, const HttpRequest& request) {
    return names_of(tenant, request, zipkin_span_names);
  }

  Result<HttpResponse> remote_services(const Tenant& tenant, const HttpRequest& request) {
    return names_of(tenant, request, zipkin_remote_services);
  }

  Result<HttpResponse> traces(const Tenant& tenant, const HttpRequest& request) {
    auto query = parse_zipkin_query(request, Clock::system().now());
    if (!query) return std::unexpected(query.error());
    auto found = find_zipkin_traces(engine_, tenant, *query, options_.strict_trace_id);
    if (!found) return std::unexpected(found.error());
    return list_of_traces(*found);
  }

  Result<HttpResponse> trace(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_zipkin_trace_id(request.path_param("traceId"));
    if (!id) return std::unexpected(id.error());
    auto trace = engine_.stream_trace(tenant, stored_id(*id));
    if (!trace && trace.error().code != Code::kNotFound) return std::unexpected(trace.error());
    auto wanted = [strict = options_.strict_trace_id, asked = stored_id(*id)](const TraceId& of) {
      return zipkin_key(of, strict) == asked;
    };
    if (!trace || !std::ranges::any_of((*trace)->sent_ids(), wanted))
      return fail(Code::kNotFound, "{} not found", zipkin_trace_id(*id));
    bool complete = (*trace)->complete();
    HttpResponse response =
        trace_response(request, *std::move(trace), std::make_unique<SpansAnswer>(wanted));
    if (!complete) warn_incomplete(response);
    return response;
  }

  Result<HttpResponse> trace_many(const Tenant& tenant, const HttpRequest& request) {
    auto ids = parse_zipkin_trace_ids(request);
    if (!ids) return std::unexpected(ids.error());
    std::vector<TraceId> stored;
    for (const TraceId& id : *ids) stored.push_back(stored_id(id));
    auto looked_up = engine_.traces_by_id(tenant, stored).found;
    ZipkinTraces found{.complete = looked_up.complete};
    std::set<TraceId> added;  // the store gives a trace for each form of its ID
    for (const otlp::Batch& batch : looked_up.traces)
      for (ZipkinTrace& trace : parts_of(batch)) {
        bool asked = std::ranges::any_of(*ids, [&](auto& id) { return is_asked(trace, id); });
        if (asked && added.insert(stored_id(trace.spans.front().trace_id)).second)
          found.traces.push_back(std::move(trace));
      }
    return list_of_traces(found);
  }

  Result<HttpResponse> dependencies(const Tenant& tenant, const HttpRequest& request) {
    auto range = parse_zipkin_range(request);
    if (!range) return std::unexpected(range.error());
    auto lookback = std::chrono::nanoseconds(range->end - range->start);
    ZipkinLinkCounter counter(*range);
    bool complete = engine_.visit_recent(
        tenant, range->end, std::chrono::duration_cast<std::chrono::milliseconds>(lookback),
        [&counter](const otlp::Batch& trace) { counter.add(trace); });
    JsonWriter json;
    json.begin_array();
    for (const auto& [names, counted] : counter.links()) {
      json.begin_object().member("parent", names.first).member("child", names.second);
      json.member("callCount", counted.calls);
      if (counted.errors != 0) json.member("errorCount", counted.errors);
      json.end_object();
    }
    json.end_array();
    return success(std::move(json), complete);
  }

  Result<HttpResponse> autocomplete_keys(const Tenant& tenant, const HttpRequest&) {
    if (!options_.autocomplete_keys.empty()) return list(options_.autocomplete_keys);
    std::set<std::string> keys;
    for (auto scope : {store::AttributeScope::kSpan, store::AttributeScope::kResource})
      for (const store::TagName& name : engine_.tag_names(tenant, scope))
        if (!is_zipkin_field(name.key)) keys.insert(name.key);
    return list(keys);
  }

  Result<HttpResponse> autocomplete_values(const Tenant& tenant, const HttpRequest& request) {
    auto key = required_zipkin_param(request, "key");
    if (!key) return std::unexpected(key.error());
    if (key->empty()) return fail(Code::kInvalid, "key was empty");
    std::set<std::string> values;
    if (is_proposed(*key))
      for (auto scope : {store::AttributeScope::kSpan, store::AttributeScope::kResource})
        for (const store::TagValue& value :
             engine_.tag_values(tenant, scope, *key, "", limits::kNamesPerAnswer))
          values.insert(value.text);
    return list(values);
  }

 private:
  Result<HttpResponse> names_of(const Tenant& tenant, const HttpRequest& request,
                                ZipkinNames (*names)(query::Engine&, const Tenant&,
                                                     const std::string&)) {
    auto service = required_zipkin_param(request, "serviceName");
    if (!service) return std::unexpected(service.error());
    if (service->empty()) return list(std::vector<std::string>());
    ZipkinNames found = names(engine_, tenant, zipkin_name(*service));
    return list(found.names, found.complete);
  }

  std::vector<ZipkinTrace> parts_of(const otlp::Batch& batch) const {
    return split_traces(batch, options_.strict_trace_id);
  }

  /// What the store is asked for: the right half finds all IDs that end so.
  TraceId stored_id(const TraceId& id) const { return zipkin_key(id, options_.strict_trace_id); }

  bool is_asked(const ZipkinTrace& trace, const TraceId& id) const {
    return stored_id(trace.spans.front().trace_id) == stored_id(id);
  }

  bool is_proposed(std::string_view key) const {
    const auto& keys = options_.autocomplete_keys;
    return keys.empty() ? !is_zipkin_field(key) : std::ranges::find(keys, key) != keys.end();
  }

  query::Engine& engine_;
  const ZipkinOptions options_;
};

}  // namespace

void add_zipkin_v2(net::HttpRoutes& routes, query::Engine& engine, ZipkinOptions options) {
  Endpoints<ZipkinV2> add(routes, std::make_shared<ZipkinV2>(engine, options), failure);
  for (std::string base : {"/api/v2", "/zipkin/api/v2"}) {
    add(base + "/services", &ZipkinV2::services);
    add(base + "/spans", &ZipkinV2::spans);
    add(base + "/remoteServices", &ZipkinV2::remote_services);
    add(base + "/traces", &ZipkinV2::traces);
    add(base + "/trace/{traceId}", &ZipkinV2::trace);
    add(base + "/traceMany", &ZipkinV2::trace_many);
    add(base + "/dependencies", &ZipkinV2::dependencies);
    add(base + "/autocompleteKeys", &ZipkinV2::autocomplete_keys);
    add(base + "/autocompleteValues", &ZipkinV2::autocomplete_values);
  }
}

}  // namespace clew::api
