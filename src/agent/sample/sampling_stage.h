// The sampling that an agent does: the one place through which every batch goes.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>

#include "agent/pressure.h"
#include "agent/sample/earlier_tier.h"
#include "agent/sample/rate_limiter.h"
#include "agent/sample/sampler.h"
#include "agent/sample/sampling_config.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "otlp/batch.h"

namespace clew::agent {

/// Decides what is kept of batches, counts it, and can be told to do otherwise while they come.
/// Any thread may call it.
///
/// Counters: clew_processor_probabilistic_sampler_count_traces_sampled_total{policy,sampled}, which
/// counts spans, as the collector's does; clew_sampling_failed_spans_total,
/// clew_sampling_rate_limited_spans_total, clew_sampling_pressure_spans_total,
/// clew_sampling_earlier_tier_spans_total; gauge clew_sampling_earlier_tier.
class SamplingStage {
 public:
  /// Without a configuration everything is kept; with `pressure`, what its share leaves of it, by
  /// the hash of hash_seed 0. The clock and the pressure must live as long as the stage.
  explicit SamplingStage(std::optional<SamplingConfig> config = {},
                         const Clock& clock = Clock::system(), const Pressure* pressure = nullptr);

  struct Sampled {
    SharedBytes request;  // an ExportTraceServiceRequest; empty if nothing is kept
    size_t spans = 0;
    bool is_whole = false;  // the batch's own bytes
  };
  Sampled sample(const Tenant& tenant, const otlp::Batch& batch);

  /// Whether sample() would keep this span now: for exemplars, which should lead to a trace that is
  /// there.
  bool keeps(const Tenant& tenant, const otlp::Batch& batch, const otlp::SpanRef& ref) const;

  /// From the next batch on.
  void replace(std::optional<SamplingConfig> config);

 private:
  struct Active;

  std::shared_ptr<Active> active() const;
  double pressure_share() const { return pressure_ ? pressure_->share() : 1; }
  void count(const SamplingSelection& selection, bool by_pressure);
  void warn(const SamplingSelection& selection, Active& active);

  const Clock& clock_;
  const Pressure* const pressure_;
  mutable std::mutex mutex_;
  std::shared_ptr<Active> active_;
  std::array<std::array<prometheus::Counter*, 2>, kSamplingPolicies> sampled_;
  prometheus::Counter& failed_;
  prometheus::Counter& rate_limited_;
  prometheus::Counter& by_pressure_;
  prometheus::Counter& earlier_tier_spans_;
  prometheus::Gauge& earlier_tier_;
};

}  // namespace clew::agent
