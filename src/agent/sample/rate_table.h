// Which rate holds for a span: the rules of the configuration, and the rate of all others.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "agent/sample/sampling_config.h"
#include "base/tenant.h"
#include "otlp/batch.h"

namespace clew::agent {

/// A percentage and what it is in terms of the algorithm.
struct SamplingRate {
  double percentage = 100;
  uint64_t threshold = 0;
  int rule = kNoRule;  // index into SamplingConfig::rules

  static constexpr int kNoRule = -1;
};

/// Immutable. A rule decides span by span. As all rates cut the same order of traces, what a higher
/// rate keeps contains what a lower one keeps: a trace that the lowest rate keeps is whole, of
/// others the spans with higher rates are there.
class RateTable {
 public:
  RateTable(const SamplingConfig& config,
            const std::function<uint64_t(double percentage)>& threshold_of);

  const SamplingRate& rate_of(const Tenant& tenant, const otlp::Batch& batch,
                              const otlp::SpanRef& ref) const {
    return rules_.empty() ? default_ : find(tenant, batch, ref);
  }

  /// That of the highest rate: a span of lower randomness is dropped whichever rule it matches.
  uint64_t lowest_threshold() const { return lowest_threshold_; }

 private:
  const SamplingRate& find(const Tenant& tenant, const otlp::Batch& batch,
                           const otlp::SpanRef& ref) const;

  std::vector<SamplingRule> rules_;
  std::vector<SamplingRate> rates_;  // of the rules, in their order
  SamplingRate default_;
  uint64_t lowest_threshold_;
};

}  // namespace clew::agent
