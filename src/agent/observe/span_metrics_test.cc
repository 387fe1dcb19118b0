#include "agent/observe/span_metrics.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "agent/observe/testing.h"
#include "base/limits.h"
#include "otlp/random_request.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using namespace std::chrono_literals;
using otlp::SpanKind;
using otlp::StatusCode;
using testing::samples_of;
using testing::text_of;

constexpr UnixNanos kNow = 1'700'000'000'000'000'000;
constexpr UnixNanos kMs = 1'000'000;

Observer observer_of(SpanMetricsOptions options) {
  return Observer({.span_metrics = std::move(options)});
}

TEST(SpanMetrics, AreNamedAndLabelledAsTheCollectorDoes) {
  Observer observer =
      observer_of({.shape = {.bounds = {2 * kMs, 10 * kMs}}, .instance_id = "fra1"});
  observer.observe(batch_of({{.service = "shop",
                              .name = "GET /cart",
                              .kind = SpanKind::kServer,
                              .duration = 5 * kMs,
                              .status = StatusCode::kError}}));
  std::string labels = R"(service_name="shop",span_name="GET /cart",span_kind="SPAN_KIND_SERVER",)"
                       R"(status_code="STATUS_CODE_ERROR",collector_instance_id="fra1")";
  std::string calls = "traces_span_metrics_calls_total";
  std::string duration = "traces_span_metrics_duration_milliseconds";
  EXPECT_EQ(text_of(observer), "# HELP " + calls +
                                   " Spans, counted before sampling\n"
                                   "# TYPE " +
                                   calls + " counter\n" + calls + "{" + labels +
                                   "} 1\n"
                                   "# HELP " +
                                   duration +
                                   " How long spans took, measured before sampling\n"
                                   "# TYPE " +
                                   duration + " histogram\n" + duration + "_bucket{" + labels +
                                   ",le=\"2\"} 0\n" + duration + "_bucket{" + labels +
                                   ",le=\"10\"} 1\n" + duration + "_bucket{" + labels +
                                   ",le=\"+Inf\"} 1\n" + duration + "_sum{" + labels + "} 5\n" +
                                   duration + "_count{" + labels + "} 1\n");
}

TEST(SpanMetrics, CanBeInSecondsUnderAnotherName) {
  Observer observer =
      observer_of({.metric_namespace = "mesh",
                   .exclude_dimensions = {"span.name", "span.kind", "status.code"},
                   .shape = {.unit = DurationUnit::kSeconds, .bounds = {50 * kMs}}});
  observer.observe(batch_of({{.duration = 20 * kMs}}));
  EXPECT_EQ(samples_of(observer),
            "mesh_calls_total{service_name=\"shop\"} 1\n"
            "mesh_duration_seconds_bucket{service_name=\"shop\",le=\"+Inf\"} 1\n"
            "mesh_duration_seconds_bucket{service_name=\"shop\",le=\"0.05\"} 1\n"
            "mesh_duration_seconds_count{service_name=\"shop\"} 1\n"
            "mesh_duration_seconds_sum{service_name=\"shop\"} 0.02\n");
}

/// Metrics of one dimension only, so that a line is short.
SpanMetricsOptions only(Dimension dimension) {
  return {.dimensions = {std::move(dimension)},
          .exclude_dimensions = {"service.name", "span.name", "span.kind", "status.code"},
          .histogram = false};
}

TEST(SpanMetrics, TakeADimensionFromTheSpanThenTheResourceThenTheDefault) {
  Observer observer = observer_of(only({"service.name", "nobody"}));
  observer.observe(batch_of(
      {{.service = "of the resource"}, {.attributes = {{"service.name", "of the span"}}}}));
  Observer other = observer_of(only({"zone", "nowhere"}));
  other.observe(batch_of({{}, {.attributes = {{"zone", "a"}}}, {.attributes = {{"zone", ""}}}}));
  EXPECT_EQ(samples_of(observer),
            "traces_span_metrics_calls_total{service_name=\"of the resource\"} 1\n"
            "traces_span_metrics_calls_total{service_name=\"of the span\"} 1\n");
  EXPECT_EQ(samples_of(other),
            "traces_span_metrics_calls_total{zone=\"\"} 1\n"
            "traces_span_metrics_calls_total{zone=\"a\"} 1\n"
            "traces_span_metrics_calls_total{zone=\"nowhere\"} 1\n");
}

TEST(SpanMetrics, LeaveOutADimensionNobodyGave) {
  Observer observer = observer_of(only({"zone"}));
  observer.observe(batch_of({{}, {.attributes = {{"zone", ""}}}}));
  EXPECT_EQ(samples_of(observer),
            "traces_span_metrics_calls_total 1\n"
            "traces_span_metrics_calls_total{zone=\"\"} 1\n");
}

TEST(SpanMetrics, KnowValuesByTheirTextWhateverTheirType) {
  Observer observer = observer_of(only({"code"}));
  for (std::string value : {any_int(200), any_string("200"), any_double(0.5), any_bool(true)})
    observer.observe(batch_of({{.extra_key_values = {key_value("code", value)}}}));
  EXPECT_EQ(samples_of(observer),
            "traces_span_metrics_calls_total{code=\"0.5\"} 1\n"
            "traces_span_metrics_calls_total{code=\"200\"} 2\n"
            "traces_span_metrics_calls_total{code=\"true\"} 1\n");
}

TEST(SpanMetrics, OfAnAttributeGivenTwiceTheFirstCounts) {
  Observer observer = observer_of(only({"zone"}));
  observer.observe(batch_of({{.attributes = {{"zone", "a"}, {"zone", "b"}}}}));
  EXPECT_EQ(samples_of(observer), "traces_span_metrics_calls_total{zone=\"a\"} 1\n");
}

TEST(SpanMetrics, CountSpansOfNoServiceToo) {
  Observer observer = observer_of(
      {.exclude_dimensions = {"span.name", "span.kind", "status.code"}, .histogram = false});
  observer.observe(batch_of({{.service = ""}}));
  EXPECT_EQ(samples_of(observer),
            "traces_span_metrics_calls_total{service_name=\"unknown_service\"} 1\n");
}

TEST(SpanMetrics, EnvoysErrorsAreErrorsAsNormalizeMakesThem) {
  SpanMetricsOptions options = {.exclude_dimensions = {"service.name", "span.name", "span.kind"},
                                .histogram = false};
  otlp::Batch batch = batch_of({
      {.attributes = {{"component", "proxy"}, {"error", "true"}}},
      {.attributes = {{"component", "proxy"}},
       .extra_key_values = {key_value("error", any_bool(true))}},
      {.attributes = {{"component", "proxy"}, {"error", "false"}}},
      {.attributes = {{"error", "true"}}},
      {.status = StatusCode::kOk, .attributes = {{"component", "proxy"}, {"error", "true"}}},
  });
  Observer observer = observer_of(options);
  observer.observe(batch);
  EXPECT_EQ(samples_of(observer),
            "traces_span_metrics_calls_total{status_code=\"STATUS_CODE_ERROR\"} 2\n"
            "traces_span_metrics_calls_total{status_code=\"STATUS_CODE_OK\"} 1\n"
            "traces_span_metrics_calls_total{status_code=\"STATUS_CODE_UNSET\"} 2\n");
  Observer as_sent({.span_metrics = options, .envoy_errors = false});
  as_sent.observe(batch);
  EXPECT_EQ(samples_of(as_sent),
            "traces_span_metrics_calls_total{status_code=\"STATUS_CODE_OK\"} 1\n"
            "traces_span_metrics_calls_total{status_code=\"STATUS_CODE_UNSET\"} 4\n");
}

TEST(SpanMetrics, GiveScrapersValidUtf8AndEscapes) {
  Observer observer = observer_of(only({"zone"}));
  observer.observe(batch_of({{.attributes = {{"zone", "a\xFF\"\\\nb\xC3"}}},
                             {.attributes = {{"zone", "a\xFE\"\\\nb\xC3"}}}}));
  EXPECT_EQ(samples_of(observer),
            "traces_span_metrics_calls_total{zone=\"a\xEF\xBF\xBD\\\"\\\\\\nb\xEF\xBF\xBD\"} 2\n");
}

TEST(SpanMetrics, CutLongTextsBetweenCharacters) {
  constexpr size_t kMost = limits::kMetricValueBytes;
  Observer observer = observer_of(only({"zone"}));
  std::string fits(kMost, 'x');
  std::string split = std::string(kMost - 1, 'x') + "é";
  observer.observe(batch_of({{.attributes = {{"zone", fits}}},
                             {.attributes = {{"zone", fits + "more"}}},
                             {.attributes = {{"zone", split}}}}));
  std::string calls = "traces_span_metrics_calls_total";
  EXPECT_EQ(samples_of(observer), calls + "{zone=\"" + fits.substr(1) + "\"} 1\n" + calls +
                                      "{zone=\"" + fits + "\"} 2\n");
}

TEST(SpanMetrics, PastTheLimitCountEverySpanAsOverflow) {
  SpanMetricsOptions options = only({"user"});
  options.max_series = 100;
  options.instance_id = "a";
  options.exclude_dimensions.push_back("collector.instance.id");
  Observer observer = observer_of(options);
  for (int round = 0; round < 3; ++round)
    for (int user = 0; user < 150; ++user)
      observer.observe(batch_of({{.attributes = {{"user", std::to_string(user)}}}}));
  std::string samples = samples_of(observer);
  EXPECT_EQ(std::ranges::count(samples, '\n'), 101);
  EXPECT_NE(samples.find("{user=\"99\"} 3\n"), std::string::npos);
  EXPECT_NE(samples.find("{otel_metric_overflow=\"true\"} 150\n"), std::string::npos);
}

TEST(SpanMetrics, ASeriesWithoutSpansGoesAndMakesRoom) {
  ManualClock clock(kNow);
  SpanMetricsOptions options = only({"user"});
  options.max_series = 1;
  options.expiration = 5min;
  Observer observer({.span_metrics = options}, {}, clock);
  auto observe = [&](std::string user) {
    observer.observe(batch_of({{.attributes = {{"user", std::move(user)}}}}));
  };
  observe("a");
  clock.advance(5min - 1ns);
  observer.expire();
  EXPECT_EQ(samples_of(observer), "traces_span_metrics_calls_total{user=\"a\"} 1\n");
  clock.advance(1ns);
  observer.expire();
  observe("b");
  EXPECT_EQ(samples_of(observer), "traces_span_metrics_calls_total{user=\"b\"} 1\n");
}

TEST(SpanMetrics, ExemplarsAreTheLatestSpansOfKeptTraces) {
  ManualClock clock(kNow);
  SpanMetricsOptions options = only({"zone"});
  options.histogram = true;
  options.shape.bounds = {10 * kMs};
  options.exemplars = true;
  Observer observer(
      {.span_metrics = options},
      [](const Tenant&, const otlp::Batch&, const otlp::SpanRef& ref) {
        return ref.trace_id != trace_id(3);
      },
      clock);
  observer.observe(batch_of({{.trace = 1, .span = 7, .duration = 5 * kMs},
                             {.trace = 2, .span = 8, .duration = 6 * kMs},
                             {.trace = 3, .span = 9, .duration = 7 * kMs},
                             {.trace = 3, .span = 9, .duration = 70 * kMs}}));
  std::string text = text_of(observer, metrics::TextFormat::kOpenMetrics);
  EXPECT_NE(text.find("_bucket{le=\"10.0\"} 3 # {trace_id=\"00000000000000000000000000000002\","
                      "span_id=\"0000000000000008\"} 6 1700000000.000\n"
                      "traces_span_metrics_duration_milliseconds_bucket{le=\"+Inf\"} 4\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text_of(observer).find("trace_id"), std::string::npos);  // the old format has none
}

/// What the metrics must say, computed in the plainest way from the official library's objects.
class NaiveModel {
 public:
  void observe(const ExportTraceServiceRequest& request) {
    for (const auto& resource : request.resource_spans())
      for (const auto& scope : resource.scope_spans())
        for (const auto& span : scope.spans())
          if (is_valid(span.trace_id()) && is_valid(span.span_id())) count(resource, span);
  }

  std::map<std::string, uint64_t> calls, slow_calls;

 private:
  static bool is_valid(const std::string& id) {
    return id.find_first_not_of('\0') != std::string::npos;
  }

  static std::optional<std::string> text(const auto& attributes) {
    for (const auto& attribute : attributes) {
      if (attribute.key() != "/") continue;
      std::string bytes = attribute.value().SerializeAsString();
      return otlp::Value::decode(bytes).text();
    }
    return std::nullopt;
  }

  void count(const proto::trace::v1::ResourceSpans& resource, const proto::trace::v1::Span& span) {
    auto value = text(span.attributes());
    if (!value) value = text(resource.resource().attributes());
    std::string key = span.name() + "|" + std::to_string(span.kind()) + "|" +
                      std::to_string(span.status().code()) + "|" + value.value_or("(none)");
    ++calls[key];
    uint64_t start = span.start_time_unix_nano(), end = span.end_time_unix_nano();
    if (end > start && end - start > 15'000'000'000) ++slow_calls[key];
  }
};

std::string key_of(const SeriesAttributes& attributes) {
  std::map<std::string, std::string> by_name;
  for (const SeriesAttribute& attribute : attributes) by_name[attribute.name] = attribute.text;
  static const std::map<std::string, int> kNumbers = {
      {"SPAN_KIND_UNSPECIFIED", 0}, {"SPAN_KIND_INTERNAL", 1}, {"SPAN_KIND_SERVER", 2},
      {"SPAN_KIND_CLIENT", 3},      {"SPAN_KIND_PRODUCER", 4}, {"SPAN_KIND_CONSUMER", 5},
      {"STATUS_CODE_UNSET", 0},     {"STATUS_CODE_OK", 1},     {"STATUS_CODE_ERROR", 2}};
  return by_name["span.name"] + "|" + std::to_string(kNumbers.at(by_name["span.kind"])) + "|" +
         std::to_string(kNumbers.at(by_name["status.code"])) + "|" +
         (by_name.contains("/") ? by_name["/"] : "(none)");
}

TEST(SpanMetrics, AgreeWithANaiveModelHoweverManyThreadsCount) {
  constexpr int kThreads = 4;
  RandomRequest random(11);
  NaiveModel model;
  std::vector<otlp::Batch> batches;
  for (int i = 0; i < 1500; ++i) {
    ExportTraceServiceRequest request = random.next();
    model.observe(request);
    auto batch = otlp::Batch::index(SharedBytes::take(request.SerializeAsString()));
    ASSERT_TRUE(batch.has_value());
    batches.push_back(*std::move(batch));
  }
  Observer observer = observer_of(
      {.dimensions = {{"/"}}, .exclude_dimensions = {"service.name"}, .max_series = 1'000'000});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        for (const otlp::Batch& batch : batches) observer.observe(batch);
      });
  }
  std::vector<MetricFamily> families = observer.collect(Temporality::kCumulative);
  std::map<std::string, uint64_t> calls, slow_calls;
  for (const MetricPoint& point : families[0].points)
    calls[key_of(*point.attributes)] += point.value;
  for (const MetricPoint& point : families[1].points)
    if (uint64_t slow = point.histogram.counts().back(); slow != 0)
      slow_calls[key_of(*point.attributes)] += slow;
  for (auto* counts : {&model.calls, &model.slow_calls})
    for (auto& [key, count] : *counts) count *= kThreads;
  EXPECT_EQ(calls, model.calls);
  EXPECT_EQ(slow_calls, model.slow_calls);
  EXPECT_EQ(families[0].points.size(), model.calls.size());  // no series stands there twice
}

}  // namespace
}  // namespace clew::agent
