#include "api/jaeger_metrics.h"

#include <charconv>
#include <cmath>

#include "api/endpoints.h"
#include "api/jaeger_answer.h"
#include "api/jaeger_query.h"
#include "api/params.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/time_text.h"
#include "query/span_rates.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using query::RatePoint;

constexpr uint64_t kNanosPerMilli = 1'000'000;
/// What Prometheus takes; a graph has a point for each pixel at most.
constexpr uint64_t kMostPoints = 11'000;

struct MetricsQuery {
  query::SpanSelection spans;
  query::TimeSteps steps;
};

/// A number of milliseconds, in nanoseconds.
Result<uint64_t> millis_param(const HttpRequest& request, std::string_view name,
                              uint64_t otherwise) {
  auto millis = number_param(request, name);
  if (!millis) return std::unexpected(millis.error());
  if (!*millis) return otherwise;
  if (**millis > UINT64_MAX / 4 / kNanosPerMilli)
    return bad_param(name, "it is too large for milliseconds");
  return **millis * kNanosPerMilli;
}

Result<void> set_spans(const HttpRequest& request, query::SpanSelection& spans) {
  for (std::string_view name : request.query_params("service"))
    if (!name.empty()) spans.services.emplace_back(name);
  if (spans.services.empty()) return bad_param("service", "give at least one name of a service");
  auto by_operation = flag_param(request, "groupByOperation");
  if (!by_operation) return std::unexpected(by_operation.error());
  spans.by_operation = *by_operation;
  for (std::string_view text : request.query_params("spanKind")) {
    auto kind = parse_span_kind(text);
    if (!kind) return bad_param("spanKind", kind.error().message);
    spans.kinds.push_back(*kind);
  }
  if (spans.kinds.empty()) spans.kinds = {otlp::SpanKind::kServer};
  return {};
}

Result<void> set_times(const HttpRequest& request, UnixNanos now, MetricsQuery& query) {
  constexpr uint64_t kSecond = 1'000'000'000;
  auto end = millis_param(request, "endTs", now);
  if (!end) return std::unexpected(end.error());
  auto lookback = millis_param(request, "lookback", 3600 * kSecond);
  if (!lookback) return std::unexpected(lookback.error());
  auto step = millis_param(request, "step", 5 * kSecond);
  if (!step) return std::unexpected(step.error());
  auto window = millis_param(request, "ratePer", 600 * kSecond);
  if (!window) return std::unexpected(window.error());
  if (*step == 0) return bad_param("step", "it must be at least 1");
  if (*window == 0) return bad_param("ratePer", "it must be at least 1");
  if (*lookback / *step >= kMostPoints)
    return bad_param("step", fmt::format("it makes more than {} points of the lookback: give a "
                                         "longer one",
                                         kMostPoints));
  uint64_t first = *end - std::min(*end, *lookback);
  query.steps = {.first = first, .last = *end, .step = *step, .window = *window};
  query.spans.start_min = first - std::min(first, *window);
  query.spans.start_max = *end;
  return {};
}

Result<MetricsQuery> parse_metrics_query(const HttpRequest& request, UnixNanos now) {
  MetricsQuery query;
  auto read = in_order([&] { return set_spans(request, query.spans); },
                       [&] { return set_times(request, now, query); });
  if (!read) return std::unexpected(read.error());
  return query;
}

Result<double> quantile_param(const HttpRequest& request) {
  std::string_view text = text_param(request, "quantile");
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1))
    return bad_param("quantile", fmt::format("\"{}\" is not a number from 0 to 1", text));
  return value;
}

/// As protobuf's JSON writes a google.protobuf.Timestamp.
std::string timestamp_text(UnixNanos time) {
  std::string text = second_text(time);
  text[text.find(' ')] = 'T';
  uint64_t millis = time / kNanosPerMilli % 1000;
  return millis == 0 ? text + "Z" : fmt::format("{}.{:03}Z", text, millis);
}

void write_points(JsonWriter& json, const std::vector<RatePoint>& points, UnixNanos from) {
  json.key("metricPoints").begin_array();
  for (const RatePoint& point : points) {
    if (point.time < from) continue;
    json.begin_object().key("gaugeValue").begin_object().key("doubleValue");
    // JSON has no NaN; protobuf's mapping writes it as a text.
    if (std::isnan(point.value))
      json.value("NaN");
    else
      json.raw(fmt::format("{}", point.value));
    json.end_object().member("timestamp", timestamp_text(point.time)).end_object();
  }
  json.end_array();
}

void write_label(JsonWriter& json, std::string_view name, std::string_view value) {
  json.begin_object().member("name", name).member("value", value).end_object();
}

/// What one of the endpoints gives.
struct Family {
  std::string_view name;  // behind "service_" or "service_operation_"
  std::string help;
  std::function<std::vector<RatePoint>(const query::CountedSeries&, const query::TimeSteps&)>
      points;
};

/// A MetricFamily; `complete` becomes false where series had no room in it.
std::string family_json(const Family& family, const MetricsQuery& query,
                        const query::CountedSpans& counted, bool& complete) {
  bool by_operation = query.spans.by_operation;
  JsonWriter json;
  json.begin_object();
  json.member("name", fmt::format("service_{}{}", by_operation ? "operation_" : "", family.name));
  json.member("type", "GAUGE");
  json.member("help",
              fmt::format("{}, by service{}", family.help, by_operation ? " and operation" : ""));
  if (!counted.series.empty()) json.key("metrics").begin_array();
  // A window that was counted in part only would look like fewer calls.
  UnixNanos from =
      counted.counted_from > query.spans.start_min
          ? counted.counted_from + std::min(query.steps.window, UINT64_MAX - counted.counted_from)
          : 0;
  for (const query::CountedSeries& series : counted.series) {
    if (json.size() >= limits::kJsonAnswerBytes) {
      metrics::count_limit_hit("json_answer_bytes");
      complete = false;
      break;
    }
    json.begin_object().key("labels").begin_array();
    if (by_operation) write_label(json, "operation", series.operation);
    write_label(json, "service_name", series.service);
    json.end_array();
    write_points(json, family.points(series, query.steps), from);
    json.end_object();
  }
  if (!counted.series.empty()) json.end_array();
  return json.end_object().take();
}

class JaegerMetrics {
 public:
  explicit JaegerMetrics(query::Engine& engine) : engine_(engine) {}

  Result<HttpResponse> calls(const Tenant& tenant, const HttpRequest& request) {
    return answer(tenant, request, {"call_rate", "Calls a second", query::call_rates});
  }

  Result<HttpResponse> errors(const Tenant& tenant, const HttpRequest& request) {
    return answer(tenant, request,
                  {"error_rate", "Part of the calls that failed", query::error_rates});
  }

  Result<HttpResponse> latencies(const Tenant& tenant, const HttpRequest& request) {
    auto quantile = quantile_param(request);
    if (!quantile) return std::unexpected(quantile.error());
    auto points = [q = *quantile](const query::CountedSeries& series,
                                  const query::TimeSteps& steps) {
      return query::latencies(series, steps, q);
    };
    return answer(tenant, request,
                  {"latencies", fmt::format("Quantile {} of durations in ms", *quantile), points});
  }

  Result<HttpResponse> min_step(const Tenant&, const HttpRequest& request) {
    JaegerAnswer answer;
    answer.data().value(1);  // ms
    return jaeger_success(request, answer.finish(0));
  }

 private:
  Result<HttpResponse> answer(const Tenant& tenant, const HttpRequest& request,
                              const Family& family) {
    auto query = parse_metrics_query(request, Clock::system().now());
    if (!query) return std::unexpected(query.error());
    auto counted = engine_.count_spans(tenant, query->spans);
    if (!counted) return std::unexpected(counted.error());
    bool complete = counted->complete;
    auto response = jaeger_success(request, family_json(family, *query, *counted, complete));
    if (!complete) warn_incomplete(response);
    return response;
  }

  query::Engine& engine_;
};

}  // namespace

void add_jaeger_metrics(net::HttpRoutes& routes, query::Engine& engine) {
  Endpoints<JaegerMetrics> add(routes, std::make_shared<JaegerMetrics>(engine), jaeger_failure);
  add("/api/metrics/calls", &JaegerMetrics::calls);
  add("/api/metrics/errors", &JaegerMetrics::errors);
  add("/api/metrics/latencies", &JaegerMetrics::latencies);
  add("/api/metrics/minstep", &JaegerMetrics::min_step);
}

}  // namespace clew::api
