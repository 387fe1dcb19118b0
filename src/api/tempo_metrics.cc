#include "api/tempo_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "api/params.h"
#include "api/tempo_fields.h"
#include "base/duration.h"
#include "base/time_text.h"
#include "query/traceql/parse.h"

namespace clew::api {
namespace {

using namespace query::traceql;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr uint64_t kMostPointsByChoice = 250;

/// A decimal number, not negative and not past what nanoseconds can hold.
std::optional<double> decimal(std::string_view text) {
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  bool whole = error == std::errc() && end == text.data() + text.size();
  bool fits = std::isfinite(number) && number >= 0 && number < 1e10;
  return whole && fits && !std::signbit(number) ? std::optional(number) : std::nullopt;
}

/// Seconds of up to ten digits, with a fraction if they have one, nanoseconds past that, or RFC
/// 3339.
Result<UnixNanos> time_of(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size())
    return text.size() <= 10 ? number * kSecond : number;
  if (auto seconds = decimal(text)) return static_cast<UnixNanos>(*seconds * 1e9);
  return parse_rfc3339(text);
}

/// Go's durations and whole days and weeks, as Prometheus has them.
Result<uint64_t> duration_of(std::string_view text) {
  for (auto [unit, length] : {std::pair('d', kDay), std::pair('w', 7 * kDay)}) {
    if (!text.ends_with(unit)) continue;
    auto number = decimal(text.substr(0, text.size() - 1));
    if (number && *number < 10'000)
      return static_cast<uint64_t>(*number * static_cast<double>(length));
  }
  return parse_duration(text);
}

Result<uint64_t> step_of(std::string_view text) {
  if (auto seconds = decimal(text)) return static_cast<uint64_t>(*seconds * 1e9);
  return duration_of(text);
}

/// Nothing where the parameter is absent or empty.
template <typename Parse>
Result<std::optional<uint64_t>> param_of(const net::HttpRequest& request, std::string_view name,
                                         Parse&& parse) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  auto value = parse(text);
  if (!value) return bad_param(name, value.error().message);
  return *value;
}

/// Fills what was not said: the last hour.
void set_range(TempoMetrics& metrics, std::optional<uint64_t> start, std::optional<uint64_t> end,
               std::optional<uint64_t> since, UnixNanos now) {
  metrics.end = end.value_or(now);
  metrics.start = start.value_or(metrics.end - std::min(metrics.end, since.value_or(kHour)));
}

/// By the hint `with(exemplars=…)`; without it by who asks.
size_t exemplars_of(const Query& query, const TempoMetrics& asked) {
  uint64_t most = asked.exemplars.value_or(kMostTempoExemplars);
  if (const Literal* hint = find_hint(query, "exemplars")) {
    if (hint->type == Type::kBool && hint->integer == 0) most = 0;
    if (hint->type == Type::kInt) most = static_cast<uint64_t>(std::max<int64_t>(hint->integer, 0));
  }
  return std::min(most, kMostTempoExemplars);
}

Result<TempoMetricsAnswer> ask(query::Engine& engine, const Tenant& tenant,
                               const TempoMetrics& asked, Result<Timeline> timeline) {
  if (!timeline) return std::unexpected(timeline.error());
  auto query = parse(asked.query);
  if (!query) return fail(Code::kInvalid, "invalid TraceQL query: {}", query.error().message);
  const auto* metrics = std::get_if<Metrics>(&query->what);
  if (metrics == nullptr)
    return fail(Code::kInvalid,
                "invalid TraceQL query: it makes no metrics: end it with a function such as "
                "`| rate()`, or ask /api/search");
  auto answer = engine.metrics_traceql(
      tenant,
      {.metrics = *metrics, .timeline = *timeline, .most_exemplars = exemplars_of(*query, asked)});
  if (!answer) return std::unexpected(answer.error());
  return TempoMetricsAnswer{*timeline, *std::move(answer)};
}

}  // namespace

Result<TempoMetrics> parse_tempo_metrics(const net::HttpRequest& request, UnixNanos now) {
  TempoMetrics metrics{.query = std::string(text_param(request, "q"))};
  if (metrics.query.empty()) metrics.query = text_param(request, "query");
  auto start = param_of(request, "start", time_of);
  if (!start) return std::unexpected(start.error());
  auto end = param_of(request, "end", time_of);
  if (!end) return std::unexpected(end.error());
  auto since = param_of(request, "since", duration_of);
  if (!since) return std::unexpected(since.error());
  auto step = param_of(request, "step", step_of);
  if (!step) return std::unexpected(step.error());
  auto exemplars = number_param(request, "exemplars");
  if (!exemplars) return std::unexpected(exemplars.error());
  set_range(metrics, *start, *end, *since, now);
  metrics.step = step->value_or(0);
  metrics.exemplars = *exemplars;
  return metrics;
}

Result<TempoMetrics> read_tempo_metrics(std::string_view message, UnixNanos now) {
  enum : protozero::pbf_tag_type { kQuery = 1, kStart, kEnd, kStep, kExemplars = 16 };
  auto request = TempoFields::read(message);
  if (!request) return std::unexpected(request.error());
  TempoMetrics metrics{.query = request->text(kQuery)};
  set_range(metrics, request->number(kStart), request->number(kEnd), std::nullopt, now);
  metrics.step = request->number(kStep).value_or(0);
  metrics.exemplars = request->number(kExemplars);
  return metrics;
}

uint64_t tempo_step(UnixNanos start, UnixNanos end) {
  uint64_t length = end > start ? end - start : 0;
  for (uint64_t step : {kSecond, 2 * kSecond, 5 * kSecond, 10 * kSecond, 15 * kSecond, 30 * kSecond,
                        kMinute, 2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute,
                        kHour, 2 * kHour, 3 * kHour, 6 * kHour, 12 * kHour})
    if (length / step < kMostPointsByChoice) return step;
  return (length / kMostPointsByChoice / kDay + 1) * kDay;
}

Result<TempoMetricsAnswer> ask_tempo_range(query::Engine& engine, const Tenant& tenant,
                                           const TempoMetrics& asked) {
  uint64_t step = asked.step != 0 ? asked.step : tempo_step(asked.start, asked.end);
  return ask(engine, tenant, asked, Timeline::of_range(asked.start, asked.end, step));
}

Result<TempoMetricsAnswer> ask_tempo_instant(query::Engine& engine, const Tenant& tenant,
                                             const TempoMetrics& asked) {
  return ask(engine, tenant, asked, Timeline::of_instant(asked.start, asked.end));
}

}  // namespace clew::api
