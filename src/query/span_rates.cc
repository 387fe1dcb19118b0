#include "query/span_rates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

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

void SpanCounter::add(const store::SpanOutline& span) {
  if (span.start < selection_.start_min || span.start > selection_.start_max) return;
  if (std::ranges::find(selection_.services, span.service) == selection_.services.end()) return;
  if (!selection_.kinds.empty() &&
      std::ranges::find(selection_.kinds, span.kind) == selection_.kinds.end())
    return;
  std::string operation(selection_.by_operation ? span.name : std::string_view());
  series_[{std::string(span.service), std::move(operation)}].push_back(
      {span.start, span.duration, span.is_error});
  ++spans_;
}

std::vector<CountedSeries> SpanCounter::take() {
  std::vector<CountedSeries> result;
  for (auto& [names, spans] : series_) {
    std::ranges::sort(spans, {}, &CountedSpan::start);
    result.push_back({names.first, names.second, std::move(spans)});
  }
  series_.clear();
  spans_ = 0;
  return result;
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
