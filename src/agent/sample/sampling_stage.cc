#include "agent/sample/sampling_stage.h"

#include <algorithm>

#include "base/log.h"

namespace clew::agent {
namespace {

std::array<std::array<prometheus::Counter*, 2>, kSamplingPolicies> sampled_counters() {
  std::array<std::array<prometheus::Counter*, 2>, kSamplingPolicies> counters{};
  for (size_t policy = 0; policy < kSamplingPolicies; ++policy)
    for (bool kept : {false, true})
      counters[policy][kept] =
          &metrics::counter("clew_processor_probabilistic_sampler_count_traces_sampled_total",
                            "Spans that were kept or dropped, by what decided",
                            {{"policy", std::string(name_of(static_cast<SamplingPolicy>(policy)))},
                             {"sampled", kept ? "true" : "false"}});
  return counters;
}

}  // namespace

/// A configuration and what is remembered while it is in force.
struct SamplingStage::Active {
  Active(std::optional<SamplingConfig> config, const Clock& clock)
      : keeps_all(!config), sampler(std::move(config).value_or(SamplingConfig())) {
    if (const auto& limit = sampler.config().rate_limiting) limiter.emplace(*limit, clock);
  }

  const bool keeps_all;  // nothing is configured: whatever comes, as long as there is memory for it
  const Sampler sampler;
  std::optional<RateLimiter> limiter;
  EarlierTier earlier_tier;
  std::once_flag told_of_failures;
  std::once_flag told_of_trace_state;
};

SamplingStage::SamplingStage(std::optional<SamplingConfig> config, const Clock& clock,
                             const Pressure* pressure)
    : clock_(clock),
      pressure_(pressure),
      sampled_(sampled_counters()),
      failed_(metrics::counter("clew_sampling_failed_spans_total",
                               "Spans with a trace_state that the sampler cannot use")),
      rate_limited_(metrics::counter("clew_sampling_rate_limited_spans_total",
                                     "Spans given up to stay within rate_limiting")),
      by_pressure_(metrics::counter("clew_sampling_pressure_spans_total",
                                    "Spans given up because memory was nearly full")),
      earlier_tier_spans_(metrics::counter(
          "clew_sampling_earlier_tier_spans_total",
          "Spans whose trace_state says that a hash_seed sampler kept them before")),
      earlier_tier_(
          metrics::gauge("clew_sampling_earlier_tier",
                         "1 while all that arrives seems to be sampled already, in the same way")) {
  replace(std::move(config));
}

void SamplingStage::replace(std::optional<SamplingConfig> config) {
  auto active = std::make_shared<Active>(std::move(config), clock_);
  std::lock_guard lock(mutex_);
  active_ = std::move(active);
  earlier_tier_.Set(0);
}

std::shared_ptr<SamplingStage::Active> SamplingStage::active() const {
  std::lock_guard lock(mutex_);
  return active_;
}

SamplingStage::Sampled SamplingStage::sample(const Tenant& tenant, const otlp::Batch& batch) {
  auto active = this->active();
  double limit = active->limiter ? active->limiter->share() : 1, pressure = pressure_share();
  if (active->keeps_all && pressure == 1) return {batch.bytes(), batch.spans().size(), true};
  // Both give up the traces of the lowest randomness, so the lower share is both.
  auto selection = active->sampler.select(tenant, batch, std::min(limit, pressure));
  if (active->limiter) active->limiter->count(selection.wanted, selection.kept.size());
  count(selection, pressure < limit);
  warn(selection, *active);
  SharedBytes request = request_of(batch, selection);
  bool is_whole = request.view().data() == batch.bytes().view().data();
  return {std::move(request), selection.kept.size(), is_whole};
}

bool SamplingStage::keeps(const Tenant& tenant, const otlp::Batch& batch,
                          const otlp::SpanRef& ref) const {
  auto active = this->active();
  double limit = active->limiter ? active->limiter->share() : 1, pressure = pressure_share();
  return (active->keeps_all && pressure == 1) ||
         active->sampler.decide(tenant, batch, ref, std::min(limit, pressure)).keeps;
}

void SamplingStage::count(const SamplingSelection& selection, bool by_pressure) {
  for (size_t policy = 0; policy < kSamplingPolicies; ++policy)
    for (bool kept : {false, true})
      if (size_t spans = selection.counts[policy][kept]; spans != 0)
        sampled_[policy][kept]->Increment(static_cast<double>(spans));
  failed_.Increment(static_cast<double>(selection.failed));
  (by_pressure ? by_pressure_ : rate_limited_)
      .Increment(static_cast<double>(selection.wanted - selection.kept.size()));
  earlier_tier_spans_.Increment(static_cast<double>(selection.earlier_tier));
}

void SamplingStage::warn(const SamplingSelection& selection, Active& active) {
  const SamplingConfig& config = active.sampler.config();
  if (selection.failed != 0)
    std::call_once(active.told_of_failures, [&] {
      log::warn(
          "sampling: spans have a trace_state that this algorithm cannot use; they are {} "
          "(sampling.fail_closed). If other samplers set it, use equalizing or proportional",
          config.fail_closed ? "dropped" : "kept");
    });
  if (selection.earlier_tier != 0)
    std::call_once(active.told_of_trace_state, [] {
      log::warn(
          "sampling: spans arrive that a hash_seed sampler has kept already; its decision "
          "and ours are combined as one");
    });
  switch (active.earlier_tier.observe(selection)) {
    case EarlierTier::Change::kNone:
      return;
    case EarlierTier::Change::kFound:
      earlier_tier_.Set(1);
      return log::warn(
          "sampling: all traces that arrive are ones that this sampler keeps: a tier before this "
          "agent samples with the same algorithm and seed at the same or a lower rate. They pass; "
          "sample in one place only");
    case EarlierTier::Change::kGone:
      earlier_tier_.Set(0);
      return log::info("sampling: unsampled traces arrive again");
  }
}

}  // namespace clew::agent
