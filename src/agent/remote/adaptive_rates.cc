#include "agent/remote/adaptive_rates.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/limits.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

/// Intervals that one calculation looks back to.
constexpr size_t kBuckets = 10;
/// Different probabilities of one interval that are kept; clients follow one, late ones another.
constexpr size_t kReported = 8;

int64_t millionths(double probability) {
  return std::llround(probability * 1e6);
}

uint64_t nanos_of(std::chrono::milliseconds duration) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(duration).count());
}

bool has(const std::vector<int64_t>& numbers, int64_t number) {
  return std::ranges::find(numbers, number) != numbers.end();
}

/// A number, or the text of one.
double number_of(const otlp::Value& value) {
  if (value.type() == otlp::ValueType::kDouble) return value.as_double();
  return std::strtod(value.text().c_str(), nullptr);
}

}  // namespace

AdaptiveRates::AdaptiveRates(const AdaptiveOptions& options, const Clock& clock)
    : options_(options),
      clock_(clock),
      delay_intervals_(
          (options.calculation_delay.count() + options.calculation_interval.count() - 1) /
          options.calculation_interval.count()),
      interval_(clock.now() / nanos_of(options.calculation_interval)) {}

void AdaptiveRates::observe(const otlp::Batch& batch) {
  for (const otlp::SpanRef& ref : batch.spans()) {
    otlp::Span span = batch.decode(ref);
    if (!span.parent_span_id.is_zero()) continue;
    std::lock_guard lock(mutex_);
    roll_locked();
    count_locked(batch.resource_of(ref), span);
  }
}

void AdaptiveRates::count_locked(const otlp::ResourceRef& resource, const otlp::Span& span) {
  auto type = span.attributes().find("sampler.type");
  auto param = span.attributes().find("sampler.param");
  if (!type || !param || span.name.empty()) return;
  bool by_probability = type->as_bytes() == "probabilistic";
  // A client's lower bound shows that there is such an operation, but says nothing of its rate.
  if (!by_probability && type->as_bytes() != "lowerbound") return;
  auto service = services_.try_emplace(std::string(resource.service_name)).first;
  auto operation = service->second.find(span.name);
  if (operation == service->second.end()) {
    if (count_ == limits::kAdaptiveOperations) {
      if (service->second.empty()) services_.erase(service);
      return metrics::count_limit_hit("adaptive_operations");
    }
    ++count_;
    operation = service->second
                    .emplace(span.name, Operation{options_.initial_sampling_probability, false, {}})
                    .first;
  }
  auto& buckets = operation->second.buckets;
  if (buckets.empty() || buckets.back().interval != interval_)
    buckets.push_back({.interval = interval_});
  Bucket& bucket = buckets.back();
  if (!by_probability) return;
  ++bucket.spans;
  int64_t reported = millionths(number_of(*param));
  if (bucket.reported.size() < kReported && !has(bucket.reported, reported))
    bucket.reported.push_back(reported);
}

void AdaptiveRates::roll_locked() {
  uint64_t interval = clock_.now() / nanos_of(options_.calculation_interval);
  if (interval < interval_) interval_ = interval;  // the clock was set back
  // A long silence is as good as one that has outlived all buckets.
  interval_ = std::max(interval_, interval - std::min(interval, delay_intervals_ + kBuckets + 1));
  while (interval_ < interval) calculate_locked(++interval_);
}

void AdaptiveRates::calculate_locked(uint64_t interval) {
  if (interval < delay_intervals_ + kBuckets + 1) return;
  uint64_t newest = interval - 1 - delay_intervals_;
  for (auto service = services_.begin(); service != services_.end();) {
    Operations& operations = service->second;
    for (auto at = operations.begin(); at != operations.end();) {
      std::erase_if(at->second.buckets, [&](const Bucket& bucket) {
        return bucket.interval + kBuckets <= newest || bucket.interval > interval;
      });
      if (at->second.buckets.empty()) {
        at = operations.erase(at);
        --count_;
        continue;
      }
      adapt(at->second, newest);
      ++at;
    }
    service = operations.empty() ? services_.erase(service) : std::next(service);
  }
}

void AdaptiveRates::adapt(Operation& operation, uint64_t newest) const {
  if (operation.buckets.front().interval > newest) return;  // all too young
  auto latest = std::ranges::find(operation.buckets, newest, &Bucket::interval);
  bool is_seen = latest != operation.buckets.end();
  if (is_seen) operation.follows = has(latest->reported, millionths(operation.probability));
  if (!operation.follows) return;
  double next = next_probability(options_, operation.probability, rate_of(operation, newest));
  // Without a trace in the latest interval nobody knows whether the last step down has arrived.
  operation.probability = is_seen ? next : std::max(next, operation.probability);
}

/// Traces a second since the operation was first seen, the newest intervals weighing most.
double AdaptiveRates::rate_of(const Operation& operation, uint64_t newest) const {
  double seconds = static_cast<double>(options_.calculation_interval.count()) / 1000;
  uint64_t first = operation.buckets.front().interval;
  double rate = 0;
  for (const Bucket& bucket : operation.buckets)
    if (bucket.interval <= newest)
      rate += std::pow(bucket.interval - first + 1, 4) * bucket.spans / seconds;
  double weights = 0;
  for (uint64_t rank = 1; rank <= newest - first + 1; ++rank) weights += std::pow(rank, 4);
  return rate / weights;
}

double AdaptiveRates::next_probability(const AdaptiveOptions& options, double probability,
                                       double rate) {
  double target = options.target_samples_per_second;
  if (std::abs(rate - target) / target < options.delta_tolerance) return probability;
  double next = rate == 0 ? probability * 2 : probability * target / rate;
  // Down at once, up in steps: too many traces hurt, too few do not.
  if (rate != 0 && next > probability * 1.5) next = probability * 1.5;
  return std::clamp(next, options.min_sampling_probability, 1.0);
}

SamplingStrategy AdaptiveRates::strategy_of(std::string_view service) {
  OperationStrategy operations{.default_probability = options_.initial_sampling_probability,
                               .least_traces_per_second = options_.min_samples_per_second};
  std::lock_guard lock(mutex_);
  roll_locked();
  if (auto at = services_.find(service); at != services_.end())
    for (const auto& [name, operation] : at->second)
      operations.operations.push_back({name, operation.probability});
  return {.operations = std::move(operations)};
}

}  // namespace clew::agent
