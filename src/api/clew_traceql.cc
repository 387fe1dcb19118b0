#include "api/clew_traceql.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "api/clew_json.h"
#include "api/clew_query.h"
#include "api/params.h"
#include "api/tempo_metrics.h"
#include "base/duration.h"
#include "base/json.h"
#include "query/page_token.h"
#include "query/traceql/literal_text.h"
#include "query/traceql/parse.h"

namespace clew::api {
namespace {

using namespace query::traceql;

using net::HttpRequest;
using net::HttpResponse;

constexpr uint64_t kNanosPerMicro = 1000;
constexpr uint64_t kHour = 3'600'000'000'000;

/// What a query says itself, so that it cannot stand beside one.
constexpr std::string_view kSaidByQuery[] = {"service", "operation",   "status",     "where",
                                             "tag",     "minDuration", "maxDuration"};

int64_t milliseconds_since(std::chrono::steady_clock::time_point began) {
  auto elapsed = std::chrono::steady_clock::now() - began;
  return std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
}

std::unexpected<Error> wrong_query(const Error& error) {
  return bad_param("q", error.message);
}

/// A number, or null for what JSON has no number for.
void write_number(JsonWriter& json, double number) {
  if (std::isfinite(number))
    json.raw(fmt::format("{}", number));
  else
    json.null();
}

/// The type and the value of an attribute or a label.
void write_value(JsonWriter& json, const Literal& value) {
  switch (value.type) {
    case Type::kInt:
      json.member("type", "int64").member("value", std::to_string(value.integer));
      return;
    case Type::kFloat:
      json.member("type", "float64").key("value");
      std::isfinite(value.real) ? write_number(json, value.real) : void(json.value(text_of(value)));
      return;
    case Type::kBool:
      json.member("type", "bool").member("value", value.integer != 0);
      return;
    default:
      json.member("type", "string").member("value", text_of(value));
  }
}

void write_span(JsonWriter& json, const FoundSpan& span) {
  json.begin_object().member("spanId", span.id.hex()).member("name", span.name);
  json.member("startUs", span.start / kNanosPerMicro);
  json.member("durationUs", span.duration / kNanosPerMicro).key("attributes").begin_array();
  for (size_t i = 0; i < span.attributes.size(); ++i) {
    const auto& [key, value] = span.attributes[i];
    json.begin_object().member("scope", span.scopes[i]).member("key", key);
    write_value(json, value);
    json.end_object();
  }
  json.end_array().end_object();
}

/// The spans of all spansets, in their order.
void write_found(JsonWriter& json, const FoundTrace& trace) {
  uint64_t matched = 0;
  json.begin_object();
  write_clew_summary_members(json, trace.summary);
  json.key("spans").begin_array();
  for (const FoundSpanset& spanset : trace.spansets) {
    matched += spanset.matched;
    for (const FoundSpan& span : spanset.spans) write_span(json, span);
  }
  json.end_array().member("matched", matched).end_object();
}

void write_series(JsonWriter& json, const Series& series) {
  json.begin_object().key("labels").begin_array();
  for (const auto& [name, value] : series.labels) {
    json.begin_object().member("name", name);
    write_value(json, value);
    json.end_object();
  }
  json.end_array().key("points").begin_array();
  for (double point : series.points) write_number(json, point);
  json.end_array().key("exemplars").begin_array();
  for (const Exemplar& exemplar : series.exemplars) {
    json.begin_object().member("traceId", exemplar.trace_id.hex());
    json.member("timeUs", exemplar.time / kNanosPerMicro).key("value");
    write_number(json, exemplar.value);
    json.end_object();
  }
  json.end_array().end_object();
}

Result<TempoMetrics> metrics_params(const HttpRequest& request, UnixNanos now) {
  auto start = micros_param(request, "start");
  if (!start) return std::unexpected(start.error());
  auto end = micros_param(request, "end");
  if (!end) return std::unexpected(end.error());
  auto exemplars = number_param(request, "exemplars");
  if (!exemplars) return std::unexpected(exemplars.error());
  TempoMetrics metrics{.query = std::string(text_param(request, "q"))};
  metrics.end = end->value_or(now);
  metrics.start = start->value_or(metrics.end - std::min(metrics.end, kHour));
  metrics.exemplars = exemplars->value_or(0);
  std::string_view step = text_param(request, "step");
  if (step.empty()) return metrics;
  auto length = parse_duration(step);
  if (!length) return bad_param("step", length.error().message);
  if (*length < kNanosPerMicro || *length % kNanosPerMicro != 0)
    return bad_param("step", "points lie whole microseconds apart, and at least one");
  metrics.step = *length;
  return metrics;
}

}  // namespace

Result<HttpResponse> search_with_traceql(query::Engine& engine, const Tenant& tenant,
                                         const HttpRequest& request) {
  for (std::string_view name : kSaidByQuery)
    if (!text_param(request, name).empty())
      return bad_param(name, "it cannot stand beside q, which says it itself");
  auto params = parse_clew_query(request);
  if (!params) return std::unexpected(params.error());
  auto query = parse(text_param(request, "q"));
  if (!query) return wrong_query(query.error());
  const auto* pipeline = std::get_if<Pipeline>(&query->what);
  if (pipeline == nullptr)
    return bad_param("q", "it makes metrics, and a search finds traces: ask /api/clew/v1/metrics");
  auto spans = number_param(request, "spans");
  if (!spans) return std::unexpected(spans.error());
  const store::Filter& filter = params->filter;
  Search search{.pipeline = *pipeline,
                .start_min = filter.start_min,
                .start_max = filter.start_max,
                .min_duration = filter.min_trace_duration,
                .max_duration = filter.max_trace_duration,
                .limit = params->limit,
                .spans_per_spanset = spans->value_or(3),
                .after = params->after};
  auto began = std::chrono::steady_clock::now();
  JsonWriter json;
  json.begin_object().key("traces").begin_array();
  auto end = engine.search_traceql(tenant, search,
                                   [&](const FoundTrace& trace) { write_found(json, trace); });
  if (!end) return std::unexpected(end.error());
  json.end_array().member("complete", end->complete);
  if (end->next) json.member("nextPageToken", query::encode_page_token(*end->next));
  json.member("elapsedMs", milliseconds_since(began)).end_object();
  return HttpResponse::json(200, json.take());
}

Result<HttpResponse> clew_metrics(query::Engine& engine, const Tenant& tenant,
                                  const HttpRequest& request) {
  auto asked = metrics_params(request, Clock::system().now());
  if (!asked) return std::unexpected(asked.error());
  std::string_view instant = text_param(request, "instant");
  auto at_once = instant.empty() ? std::optional(false) : parse_bool(instant);
  if (!at_once) return bad_param("instant", "it is neither true nor false");
  auto began = std::chrono::steady_clock::now();
  auto found = *at_once ? ask_tempo_instant(engine, tenant, *asked)
                        : ask_tempo_range(engine, tenant, *asked);
  if (!found) return std::unexpected(found.error());
  const Timeline& timeline = found->timeline;
  JsonWriter json;
  json.begin_object().member("startUs", timeline.start() / kNanosPerMicro);
  json.member("endUs", timeline.end() / kNanosPerMicro);
  json.member("stepUs", timeline.step() / kNanosPerMicro).key("series").begin_array();
  for (const Series& series : found->answer.series) write_series(json, series);
  json.end_array().member("complete", found->answer.complete);
  json.member("inspectedSpans", found->answer.inspected_spans);
  json.member("elapsedMs", milliseconds_since(began)).end_object();
  return HttpResponse::json(200, json.take());
}

}  // namespace clew::api
