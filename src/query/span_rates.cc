#include "query/span_rates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "base/metrics.h"

namespace clew::query {
namespace {

constexpr double kNanosPerSecond = 1e9, kNanosPerMilli = 1e6;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

using Spans = std::span<const CountedSpan>;

/// Calls value(spans of the window) for each point. Windows overlap, so both ends only go forward.
template <typename Value>
std::vector<RatePoint> at_each(const CountedSeries& series, const TimeSteps& steps, Value&& value) {
  std::vector<RatePoint> points;
  const std::vector<CountedSpan>& spans = series.spans;
  size_t begin = 0, end = 0;
  for (UnixNanos time = steps.first; time <= steps.last; time += steps.step) {
    // Without its beginning, so that windows side by side share no span.
    UnixNanos from = time > steps.window ? time - steps.window : 0;
    while (end < spans.size() && spans[end].start <= time) ++end;
    while (begin < end && spans[begin].start <= from) ++begin;
    points.push_back({time, value(Spans(spans).subspan(begin, end - begin))});
    if (time > UINT64_MAX - steps.step) break;
  }
  return points;
}

}  // namespace

bool SpanCounter::selects(const otlp::Batch& sample, const otlp::Span& span) const {
  std::string_view service = sample.resource_of(sample.spans()[0]).service_name;
  if (std::ranges::find(selection_.services, service) == selection_.services.end()) return false;
  return selection_.kinds.empty() ||
         std::ranges::find(selection_.kinds, span.kind) != selection_.kinds.end();
}

/// Two for each series: of spans that failed, and of the others.
uint32_t SpanCounter::class_of(const otlp::Batch& sample) {
  const otlp::SpanRef& ref = sample.spans()[0];
  otlp::Span span = sample.decode(ref);
  if (!selects(sample, span)) return kNotSelected;
  std::pair names{std::string(sample.resource_of(ref).service_name),
                  std::string(selection_.by_operation ? span.name : std::string_view())};
  auto number = numbers_.find(names);
  if (number == numbers_.end()) {
    if (series_.size() == kMostSeries) {
      if (std::exchange(has_all_series_, false)) metrics::count_limit_hit("counted_series");
      return kNotSelected;
    }
    number = numbers_.emplace(std::move(names), static_cast<uint32_t>(series_.size())).first;
    series_.emplace_back();
  }
  return number->second * 2 + (span.is_error() ? 1 : 0);
}

void SpanCounter::rows(std::span<const uint32_t> classes, std::span<const UnixNanos> starts,
                       std::span<const uint64_t> durations) {
  // The last nanosecond is left out, so that there is one after every span.
  UnixNanos last = std::min(selection_.start_max, UINT64_MAX - 1);
  for (size_t row = 0; row < classes.size(); ++row) {
    uint32_t number = classes[row];
    if (number == kNotSelected || starts[row] < from_ || starts[row] > last) continue;
    series_[number / 2].push_back({starts[row], durations[row], number % 2 == 1});
    if (++spans_ >= 2 * most_) leave_newest();
  }
}

/// Leaves the newest `most_` or, where several began at once, some fewer.
void SpanCounter::leave_newest() {
  metrics::count_limit_hit("counted_spans");
  std::vector<UnixNanos> starts;
  starts.reserve(spans_);
  for (const auto& spans : series_)
    for (const CountedSpan& span : spans) starts.push_back(span.start);
  auto last_out = starts.end() - static_cast<ptrdiff_t>(most_) - 1;
  std::ranges::nth_element(starts, last_out);
  from_ = *last_out + 1;
  spans_ = 0;
  for (auto& spans : series_) {
    std::erase_if(spans, [this](const CountedSpan& span) { return span.start < from_; });
    spans.shrink_to_fit();
    spans_ += spans.size();
  }
}

CountedSpans SpanCounter::take() {
  if (spans_ > most_) leave_newest();
  CountedSpans counted{.complete = from_ == selection_.start_min && has_all_series_,
                       .counted_from = from_};
  for (auto& [names, number] : numbers_) {
    std::vector<CountedSpan>& spans = series_[number];
    if (spans.empty()) continue;
    std::ranges::sort(spans, {}, &CountedSpan::start);
    counted.series.push_back({names.first, names.second, std::move(spans)});
  }
  return counted;
}

std::vector<RatePoint> call_rates(const CountedSeries& series, const TimeSteps& steps) {
  double seconds = static_cast<double>(steps.window) / kNanosPerSecond;
  return at_each(series, steps,
                 [&](Spans spans) { return static_cast<double>(spans.size()) / seconds; });
}

std::vector<RatePoint> error_rates(const CountedSeries& series, const TimeSteps& steps) {
  return at_each(series, steps, [](Spans spans) {
    if (spans.empty()) return kNothing;
    auto errors = std::ranges::count_if(spans, &CountedSpan::is_error);
    return static_cast<double>(errors) / static_cast<double>(spans.size());
  });
}

std::vector<RatePoint> latencies(const CountedSeries& series, const TimeSteps& steps,
                                 double quantile) {
  std::vector<uint64_t> durations;
  return at_each(series, steps, [&](Spans spans) {
    if (spans.empty()) return kNothing;
    durations.clear();
    for (const CountedSpan& span : spans) durations.push_back(span.duration);
    double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(spans.size()));
    auto at = durations.begin() + static_cast<ptrdiff_t>(std::max(rank, 1.0)) - 1;
    std::ranges::nth_element(durations, at);
    return static_cast<double>(*at) / kNanosPerMilli;
  });
}

}  // namespace clew::query
