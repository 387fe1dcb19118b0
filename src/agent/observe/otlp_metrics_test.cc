#include "agent/observe/otlp_metrics.h"

#include <gtest/gtest.h>
#include <opentelemetry/proto/collector/metrics/v1/metrics_service.pb.h>

#include "agent/observe/flush.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using namespace std::chrono_literals;
using opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest;
namespace proto = opentelemetry::proto::metrics::v1;

constexpr UnixNanos kNow = 1'700'000'000'000'000'000;
constexpr UnixNanos kMs = 1'000'000;

ExportMetricsServiceRequest parsed(const MetricsRequest& request) {
  ExportMetricsServiceRequest message;
  EXPECT_TRUE(message.ParseFromString(std::string(request.bytes.view())));
  return message;
}

/// An observer on a clock of its own, and what it exports.
struct Exported {
  explicit Exported(SpanMetricsOptions options, KeepsSpan keeps = {})
      : observer({.span_metrics = std::move(options)}, std::move(keeps), clock) {}

  /// The metrics of the only request.
  auto metrics(Temporality temporality = Temporality::kCumulative) {
    context.temporality = temporality;
    context.now = clock.now();
    auto requests = encode_metrics(observer.collect(temporality), context);
    EXPECT_EQ(requests.size(), 1u);
    message = parsed(requests.at(0));
    context.exemplars_since = context.now;
    return message.resource_metrics(0).scope_metrics(0).metrics();
  }

  ManualClock clock{kNow};
  Observer observer;
  MetricsContext context;
  ExportMetricsServiceRequest message;
};

std::string text_of(const auto& attributes) {
  std::string text;
  for (const auto& attribute : attributes)
    text += attribute.key() + "=" + attribute.value().ShortDebugString() + ";";
  return text;
}

TEST(MetricsAsOtlp, SayWhatTheOfficialLibraryReads) {
  Exported exported({.dimensions = {{"code"}, {"ratio"}, {"cached"}},
                     .exclude_dimensions = {"span.name"},
                     .shape = {.bounds = {2 * kMs, 10 * kMs}},
                     .instance_id = "fra1"});
  exported.context.resource = {{"clew.datacenter", "fra1"}};
  exported.observer.observe(batch_of(
      {{.duration = 5 * kMs,
        .extra_key_values = {key_value("code", any_int(503)), key_value("ratio", any_double(0.5)),
                             key_value("cached", any_bool(true))}}}));
  exported.clock.advance(1min);
  auto metrics = exported.metrics();
  EXPECT_EQ(text_of(exported.message.resource_metrics(0).resource().attributes()),
            "clew.datacenter=string_value: \"fra1\";");
  ASSERT_EQ(metrics.size(), 2);

  const proto::Metric& calls = metrics[0];
  EXPECT_EQ(calls.name(), "traces.span.metrics.calls");
  EXPECT_TRUE(calls.sum().is_monotonic());
  EXPECT_EQ(calls.sum().aggregation_temporality(), proto::AGGREGATION_TEMPORALITY_CUMULATIVE);
  const auto& call = calls.sum().data_points(0);
  EXPECT_EQ(call.as_int(), 1);
  EXPECT_EQ(call.start_time_unix_nano(), kNow);
  EXPECT_EQ(call.time_unix_nano(), kNow + 60'000 * kMs);
  std::string attributes =
      "service.name=string_value: \"shop\";span.kind=string_value: \"SPAN_KIND_SERVER\";"
      "status.code=string_value: \"STATUS_CODE_UNSET\";"
      "collector.instance.id=string_value: \"fra1\";"
      "code=int_value: 503;ratio=double_value: 0.5;cached=bool_value: true;";
  EXPECT_EQ(text_of(call.attributes()), attributes);

  const proto::Metric& duration = metrics[1];
  EXPECT_EQ(duration.name(), "traces.span.metrics.duration");
  EXPECT_EQ(duration.unit(), "ms");
  const auto& point = duration.histogram().data_points(0);
  EXPECT_EQ(point.count(), 1u);
  EXPECT_EQ(point.sum(), 5);
  EXPECT_EQ(std::vector<uint64_t>(point.bucket_counts().begin(), point.bucket_counts().end()),
            (std::vector<uint64_t>{0, 1, 0}));
  EXPECT_EQ(std::vector<double>(point.explicit_bounds().begin(), point.explicit_bounds().end()),
            (std::vector<double>{2, 10}));
  EXPECT_EQ(text_of(point.attributes()), attributes);
}

TEST(MetricsAsOtlp, ExponentialHistogramsHaveScaleOffsetAndExtremes) {
  Exported exported({.shape = {.bounds = {}, .max_size = 2}});
  exported.observer.observe(
      batch_of({{.duration = 0}, {.duration = 1 * kMs}, {.duration = 1000 * kMs}}));
  auto metrics = exported.metrics();
  const auto& point = metrics[1].exponential_histogram().data_points(0);
  EXPECT_EQ(point.count(), 3u);
  EXPECT_EQ(point.zero_count(), 1u);
  EXPECT_EQ(point.min(), 0);
  EXPECT_EQ(point.max(), 1000);
  EXPECT_EQ(point.scale(), -4);  // (2^-16, 1] and (1, 2^16]
  EXPECT_EQ(point.positive().offset(), -1);
  EXPECT_EQ(std::vector<uint64_t>(point.positive().bucket_counts().begin(),
                                  point.positive().bucket_counts().end()),
            (std::vector<uint64_t>{1, 1}));
}

TEST(MetricsAsOtlp, DeltasAddUpAndJoinOneAnother) {
  Exported exported({.exclude_dimensions = {"span.name"}});
  exported.observer.observe(batch_of({{}, {}}));
  exported.clock.advance(1min);
  auto first = exported.metrics(Temporality::kDelta);
  EXPECT_EQ(first[0].sum().aggregation_temporality(), proto::AGGREGATION_TEMPORALITY_DELTA);
  EXPECT_EQ(first[0].sum().data_points(0).as_int(), 2);
  EXPECT_EQ(first[0].sum().data_points(0).start_time_unix_nano(), kNow);
  exported.observer.observe(batch_of({{}, {.service = "new"}}));
  exported.clock.advance(1min);
  auto second = exported.metrics(Temporality::kDelta);
  ASSERT_EQ(second[0].sum().data_points_size(), 2);
  for (const auto& point : second[0].sum().data_points()) {
    EXPECT_EQ(point.as_int(), 1);
    EXPECT_EQ(point.start_time_unix_nano(), kNow + 60'000 * kMs);
  }
  for (const auto& point : second[1].histogram().data_points()) EXPECT_EQ(point.count(), 1u);
  EXPECT_TRUE(encode_metrics(exported.observer.collect(Temporality::kDelta), {}).empty());
}

TEST(MetricsAsOtlp, AnExemplarIsExportedOnce) {
  Exported exported({.shape = {.bounds = {}, .max_size = 160}, .exemplars = true},
                    [](const auto&...) { return true; });
  exported.observer.observe(batch_of({{.trace = 5, .span = 6, .duration = 3 * kMs}}));
  exported.clock.advance(1min);
  auto metrics = exported.metrics();
  const auto& exemplar = metrics[1].exponential_histogram().data_points(0).exemplars(0);
  EXPECT_EQ(exemplar.trace_id(), trace_id(5).raw());
  EXPECT_EQ(exemplar.span_id(), span_id(6).raw());
  EXPECT_EQ(exemplar.as_double(), 3);
  EXPECT_EQ(exemplar.time_unix_nano(), kNow);
  auto again = exported.metrics();
  EXPECT_EQ(again[1].exponential_histogram().data_points(0).exemplars_size(), 0);
}

TEST(MetricsAsOtlp, ManySeriesAreSeveralRequestsThatAPeerTakes) {
  constexpr int kSeries = 8000;
  Exported exported({});
  for (int i = 0; i < kSeries; ++i)
    exported.observer.observe(batch_of({{.name = "operation " + std::to_string(i)}}));
  auto requests = encode_metrics(exported.observer.collect(Temporality::kCumulative), {});
  EXPECT_GT(requests.size(), 1u);
  int calls = 0, durations = 0;
  size_t points = 0;
  for (const MetricsRequest& request : requests) {
    EXPECT_LT(request.bytes.size(), 4u << 20);
    points += request.points;
    ExportMetricsServiceRequest message = parsed(request);
    for (const auto& metric : message.resource_metrics(0).scope_metrics(0).metrics()) {
      calls += metric.sum().data_points_size();
      durations += metric.histogram().data_points_size();
    }
  }
  EXPECT_EQ(calls, kSeries);
  EXPECT_EQ(durations, kSeries);
  EXPECT_EQ(points, size_t{2 * kSeries});
}

TEST(MetricsFlush, SendsWhatIsLeftWhenItStops) {
  Observer observer({.span_metrics = SpanMetricsOptions()});
  std::vector<MetricsRequest> requests;
  MetricsFlush flush(observer, {.flush_interval = 1h},
                     [&](MetricsRequest request) { requests.push_back(std::move(request)); });
  observer.observe(batch_of({{}}));
  flush.stop();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].points, 2u);
  flush.stop();
  EXPECT_EQ(requests.size(), 1u);
}

TEST(MetricsFlush, SendsEveryInterval) {
  Observer observer({.span_metrics = SpanMetricsOptions()});
  observer.observe(batch_of({{}}));
  std::mutex mutex;
  std::condition_variable came;
  int requests = 0;
  MetricsFlush flush(observer, {.flush_interval = 1ms}, [&](const MetricsRequest&) {
    std::lock_guard lock(mutex);
    ++requests;
    came.notify_all();
  });
  std::unique_lock lock(mutex);
  EXPECT_TRUE(came.wait_for(lock, 60s, [&] { return requests >= 3; }));
}

}  // namespace
}  // namespace clew::agent
