#include "agent/observe/span_metrics.h"

#include <algorithm>

#include "base/check.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

constexpr std::string_view kServiceName = "service.name";
constexpr std::string_view kSpanName = "span.name";
constexpr std::string_view kSpanKind = "span.kind";
constexpr std::string_view kStatusCode = "status.code";

std::string_view collector_name_of(otlp::SpanKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
      "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view collector_name_of(otlp::StatusCode status) {
  static constexpr std::array<std::string_view, 3> kNames = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                             "STATUS_CODE_ERROR"};
  return kNames[static_cast<size_t>(status)];
}

prometheus::Counter& overflowed_spans() {
  static prometheus::Counter& counter = metrics::counter(
      "clew_span_metrics_overflowed_spans_total",
      "Spans counted under otel.metric.overflow because there were too many series");
  return counter;
}

}  // namespace

/// A span being observed, with its key.
struct SpanMetrics::Arrival {
  uint64_t hash;
  uint32_t key_begin, key_size;  // in Scratch::keys
  uint16_t span;                 // its index in the call
  bool is_kept;
};

/// What one thread needs while it observes; kept for the next time.
struct SpanMetrics::Scratch {
  KeyWriter keys;
  std::string text;
  std::vector<Arrival> arrivals;
  ByShard<Arrival> by_shard;
  std::vector<Arrival> overflowed;
};

SpanMetrics::SpanMetrics(const SpanMetricsOptions& options, WantedKeys& wanted)
    : options_{options} {
  auto included = [this](std::string_view name) {
    return std::ranges::find(options_.exclude_dimensions, name) ==
           options_.exclude_dimensions.end();
  };
  by_service_ = included(kServiceName);
  by_name_ = included(kSpanName);
  by_kind_ = included(kSpanKind);
  by_status_ = included(kStatusCode);
  if (!included(kInstanceId)) options_.instance_id.clear();
  for (const Dimension& dimension : options_.dimensions)
    wanted_.push_back(wanted.add(dimension.name));
}

RawValue SpanMetrics::value_of(size_t dimension, const ObservedSpan& span) const {
  RawValue value = span.values[wanted_[dimension]];
  return value.data() != nullptr ? value : span.resource_values[wanted_[dimension]];
}

void SpanMetrics::add_key(const ObservedSpan& span, KeyWriter& key, std::string& text) const {
  if (by_service_) key.add(span.service);
  if (by_name_) key.add(span.facts.name);
  if (by_kind_) key.add(collector_name_of(span.facts.kind));
  if (by_status_) key.add(collector_name_of(span.facts.status));
  for (size_t i = 0; i < wanted_.size(); ++i) {
    RawValue value = value_of(i, span);
    if (value.data() != nullptr)
      key.add(text_of(value, text));
    else if (options_.dimensions[i].fallback)
      key.add(*options_.dimensions[i].fallback);
    else
      key.add_absent();
  }
}

void SpanMetrics::observe(std::span<const ObservedSpan> spans, UnixNanos now) {
  CLEW_CHECK(spans.size() <= UINT16_MAX);
  thread_local Scratch scratch;
  find_keys(spans, scratch);
  scratch.by_shard.sort(scratch.arrivals);
  scratch.overflowed.clear();
  for (size_t i = 0; i < kShards; ++i)
    if (auto arrivals = scratch.by_shard.in(i); !arrivals.empty())
      count_in(shards_[i], arrivals, spans, scratch, now);
  if (!scratch.overflowed.empty()) count_overflow(scratch.overflowed, spans, now);
}

void SpanMetrics::find_keys(std::span<const ObservedSpan> spans, Scratch& scratch) const {
  scratch.keys.clear();
  scratch.arrivals.clear();
  for (size_t i = 0; i < spans.size(); ++i) {
    add_key(spans[i], scratch.keys, scratch.text);
    size_t begin = scratch.keys.finish();
    std::string_view key = scratch.keys.view(begin, scratch.keys.size() - begin);
    scratch.arrivals.push_back({.hash = hash_of_key(key),
                                .key_begin = static_cast<uint32_t>(begin),
                                .key_size = static_cast<uint32_t>(key.size()),
                                .span = static_cast<uint16_t>(i),
                                .is_kept = spans[i].is_kept});
  }
}

void SpanMetrics::count_in(Shard& shard, std::span<const Arrival> arrivals,
                           std::span<const ObservedSpan> spans, Scratch& scratch, UnixNanos now) {
  std::lock_guard lock(shard.mutex);
  for (const Arrival& arrival : arrivals) {
    const ObservedSpan& span = spans[arrival.span];
    std::string_view key = scratch.keys.view(arrival.key_begin, arrival.key_size);
    MetricSeries* series = shard.table.find(arrival.hash, key);
    if (!series && reserve())
      series = &shard.table.insert(arrival.hash,
                                   {std::string(key), attributes_of(span, key), now, now, {}});
    if (series)
      count(*series, span, arrival.is_kept, now);
    else
      scratch.overflowed.push_back(arrival);
  }
}

void SpanMetrics::count_overflow(std::span<const Arrival> arrivals,
                                 std::span<const ObservedSpan> spans, UnixNanos now) {
  overflowed_spans().Increment(double(arrivals.size()));
  std::lock_guard lock(overflow_mutex_);
  if (!overflow_)
    overflow_ = MetricSeries{
        "",
        std::make_shared<const SeriesAttributes>(overflow_attributes(options_.instance_id)),
        now,
        now,
        {}};
  for (const Arrival& arrival : arrivals)
    count(*overflow_, spans[arrival.span], arrival.is_kept, now);
}

std::shared_ptr<const SeriesAttributes> SpanMetrics::attributes_of(const ObservedSpan& span,
                                                                   std::string_view key) const {
  SeriesAttributes attributes;
  KeyReader reader(key);
  auto add = [&](std::string_view name) {
    attributes.push_back({std::string(name), std::string(reader.next())});
  };
  if (by_service_) add(kServiceName);
  if (by_name_) add(kSpanName);
  if (by_kind_) add(kSpanKind);
  if (by_status_) add(kStatusCode);
  if (!options_.instance_id.empty())
    attributes.push_back({std::string(kInstanceId), options_.instance_id});
  for (size_t i = 0; i < wanted_.size(); ++i) {
    std::string_view text = reader.next();
    if (text.data() == nullptr) continue;
    RawValue value = value_of(i, span);
    auto type =
        value.data() == nullptr ? otlp::ValueType::kString : otlp::Value::decode(value).type();
    attributes.push_back({options_.dimensions[i].name, std::string(text), type});
  }
  return std::make_shared<const SeriesAttributes>(std::move(attributes));
}

void SpanMetrics::count(MetricSeries& series, const ObservedSpan& span, bool is_kept,
                        UnixNanos now) const {
  series.last_seen = now;
  ++series.data.calls;
  if (!options_.histogram) return;
  series.data.durations.add(span.facts.duration(), options_.shape);
  if (is_kept) keep_exemplar(series.data, span, now);
}

void SpanMetrics::keep_exemplar(Data& data, const ObservedSpan& span, UnixNanos now) const {
  uint64_t nanos = span.facts.duration();
  // The buckets of an exponential histogram change: it has one exemplar, the latest.
  size_t bucket = options_.shape.is_exponential() ? 0 : options_.shape.bucket_of(nanos);
  auto at = std::ranges::find(data.exemplars, bucket, &Exemplar::bucket);
  if (at == data.exemplars.end()) at = data.exemplars.emplace(at);
  *at = {*span.trace_id, span.facts.span_id, nanos, now, bucket};
}

bool SpanMetrics::reserve() {
  size_t series = series_.load(std::memory_order_relaxed);
  do {
    if (series >= options_.max_series) return false;
  } while (!series_.compare_exchange_weak(series, series + 1, std::memory_order_relaxed));
  return true;
}

void SpanMetrics::expire(UnixNanos now) {
  if (options_.expiration.count() == 0) return;
  auto age = static_cast<UnixNanos>(std::chrono::nanoseconds(options_.expiration).count());
  auto expired = [&](const MetricSeries& series) {
    return now >= series.last_seen && now - series.last_seen >= age;
  };
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    series_ -= shard.table.erase_if(expired);
  }
  std::lock_guard lock(overflow_mutex_);
  if (overflow_ && expired(*overflow_)) overflow_.reset();
}

std::vector<MetricFamily> SpanMetrics::collect(Temporality temporality, UnixNanos now) {
  std::string prefix = options_.metric_namespace.empty() ? "" : options_.metric_namespace + ".";
  std::vector<MetricFamily> families = {
      {.name = prefix + "calls", .description = "Spans, counted before sampling"},
      {.name = prefix + "duration",
       .description = "How long spans took, measured before sampling",
       .unit = options_.shape.unit == DurationUnit::kSeconds ? "s" : "ms",
       .shape = &options_.shape}};
  auto append_to = [&](MetricSeries& series) {
    append(series, temporality, now, families[0], families[1]);
  };
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    shard.table.for_each(append_to);
  }
  {
    std::lock_guard lock(overflow_mutex_);
    if (overflow_) append_to(*overflow_);
  }
  if (!options_.histogram) families.pop_back();
  return families;
}

void SpanMetrics::append(MetricSeries& series, Temporality temporality, UnixNanos now,
                         MetricFamily& calls, MetricFamily& durations) const {
  Data& data = series.data;
  MetricPoint point{.attributes = series.attributes, .start = series.start};
  if (temporality == Temporality::kCumulative) {
    calls.points.push_back(point);
    calls.points.back().value = data.calls;
    point.histogram = data.durations;
    point.exemplars = data.exemplars;
  } else {
    if (!data.collected) {
      data.collected = std::make_unique<SpanMeasures>();
      data.collected_at = series.start;
    }
    if (data.calls == data.collected->calls) return;
    point.start = data.collected_at;
    calls.points.push_back(point);
    calls.points.back().value = data.calls - data.collected->calls;
    point.histogram = data.durations.since(data.collected->durations);
    for (const Exemplar& exemplar : data.exemplars)
      if (exemplar.time >= data.collected_at) point.exemplars.push_back(exemplar);
    *data.collected = static_cast<const SpanMeasures&>(data);
    data.collected_at = now;
  }
  durations.points.push_back(std::move(point));
}

}  // namespace clew::agent
