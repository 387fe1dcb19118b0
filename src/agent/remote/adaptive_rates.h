// Sampling probabilities that follow the traffic: so many traces a second of each operation.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "agent/remote/strategy.h"
#include "base/clock.h"
#include "otlp/batch.h"

namespace clew::agent {

/// Names and defaults are Jaeger's.
struct AdaptiveOptions {
  double target_samples_per_second = 1;
  double delta_tolerance = 0.3;  // no change while the rate is this near to the target
  double initial_sampling_probability = 0.001;
  double min_sampling_probability = 1e-5;
  double min_samples_per_second = 1.0 / 60;  // what clients keep at least, whatever the probability
  std::chrono::milliseconds calculation_interval{60'000};
  std::chrono::milliseconds calculation_delay{120'000};  // what is younger is not looked at yet
};

/// Counts the sampled root spans of each service and operation and moves their probability towards
/// the target. Only clients that say by which probability they sampled (the attributes sampler.type
/// and sampler.param, as Jaeger's clients do) move it, and only once they follow what they were
/// told. Source: Jaeger's adaptive sampling; AdaptiveRates::next_probability() is its calculation.
///
/// Any thread may call it. Knows at most limits::kAdaptiveOperations operations.
class AdaptiveRates {
 public:
  AdaptiveRates(const AdaptiveOptions& options, const Clock& clock);

  /// Counts the root spans of a batch.
  void observe(const otlp::Batch& batch);

  /// What clients of a service are told.
  SamplingStrategy strategy_of(std::string_view service);

  /// The probability after one with which `rate` traces a second were sampled.
  static double next_probability(const AdaptiveOptions& options, double probability, double rate);

 private:
  /// What came of an operation in one interval.
  struct Bucket {
    uint64_t interval = 0;          // its number
    uint32_t spans = 0;             // sampled by probability
    std::vector<int64_t> reported;  // probabilities that clients said they used, in millionths
  };
  struct Operation {
    double probability;
    bool follows = false;         // clients use what they are told
    std::vector<Bucket> buckets;  // the newest last; only intervals with spans
  };
  using Operations = std::map<std::string, Operation, std::less<>>;

  void count_locked(const otlp::ResourceRef& resource, const otlp::Span& span);
  void roll_locked();
  void calculate_locked(uint64_t interval);
  double rate_of(const Operation& operation, uint64_t newest) const;
  void adapt(Operation& operation, uint64_t newest) const;

  const AdaptiveOptions options_;
  const Clock& clock_;
  const uint64_t delay_intervals_;
  std::mutex mutex_;
  uint64_t interval_ = 0;  // the current one: since the Unix epoch
  size_t count_ = 0;       // operations of all services
  std::map<std::string, Operations, std::less<>> services_;
};

}  // namespace clew::agent
