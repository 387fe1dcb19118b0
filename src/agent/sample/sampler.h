// Which spans are kept: a pure function of a span and the configuration.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sample/hash_seed.h"
#include "agent/sample/hash_seed_murmur3.h"
#include "agent/sample/rate_table.h"
#include "agent/sample/sampling_config.h"
#include "agent/sample/sampling_priority.h"
#include "agent/sample/tail_hash_salt.h"
#include "agent/sample/trace_state.h"
#include "base/bytes.h"
#include "base/tenant.h"
#include "otlp/batch.h"

namespace clew::agent {

/// What decided, named as the collector's counter does: "trace_id_hash", "trace_id_w3c", …
enum class SamplingPolicy : uint8_t {
  kTraceIdHash,
  kTraceIdW3c,
  kSamplingRandomness,  // rv in the trace_state
  kSamplingPriority,
};
inline constexpr size_t kSamplingPolicies = 4;
std::string_view name_of(SamplingPolicy policy);

/// What is decided about one span, and from what.
struct SamplingDecision {
  bool keeps = false;
  bool wanted = false;  // kept, or would be with a share of 1
  SamplingPolicy policy = SamplingPolicy::kTraceIdHash;
  bool failed = false;        // the trace_state could not be used: fail_closed decided
  bool earlier_tier = false;  // the trace_state says that a hash_seed sampler was here before
  uint64_t randomness = 0;
  uint64_t threshold = 0;
  const SamplingRate* rate = nullptr;
  std::optional<std::string> trace_state;  // what a kept span's becomes, if it changes
};

/// What is decided about the spans of a batch.
struct SamplingSelection {
  struct Kept {
    const otlp::SpanRef* ref;
    double percentage;
    bool by_hash;                              // and not by its sampling.priority
    std::optional<uint32_t> trace_state = {};  // instead of its own: index into trace_states
  };
  // Of a request of small spans this is half as much as the spans, so it is packed.
  std::deque<Kept> kept;
  std::deque<std::string> trace_states;
  size_t wanted = 0;          // kept, and those that the share gave up
  size_t failed = 0;          // with a trace_state that is in the way
  size_t earlier_tier = 0;    // with a trace_state of an earlier hash_seed sampler
  bool hash_gave_up = false;  // some trace, by its hash alone
  std::array<std::array<size_t, 2>, kSamplingPolicies> counts{};  // by policy, dropped and kept
};

/// Immutable; any thread may use it. `share` (0 to 1) everywhere is what the rate limit, or too
/// little memory, leaves of the traces a rate keeps: those of the highest randomness.
///
/// Compatible decision by decision with the collector's processors named in hash_seed.h,
/// tail_hash_salt.h and consistent.h; where it differs on purpose: a hash_seed tier behind another
/// goes on from the rv it finds, instead of failing on every span (contrib #42188), and at 100 %
/// it leaves the trace_state alone.
class Sampler {
 public:
  explicit Sampler(SamplingConfig config);

  SamplingSelection select(const Tenant& tenant, const otlp::Batch& batch, double share) const;

  SamplingDecision decide(const Tenant& tenant, const otlp::Batch& batch, const otlp::SpanRef& ref,
                          double share) const;

  /// "hash=3420408d bucket=141 threshold=163 …": what a decision stands on, in the algorithm's
  /// own terms.
  std::string explain(const TraceId& id, const SamplingDecision& decision) const;

  const SamplingConfig& config() const { return config_; }

 private:
  uint64_t randomness(const TraceId& id) const;
  uint64_t threshold(double percentage) const;
  bool reads_priority() const { return config_.algorithm != SamplingAlgorithm::kTailHashSalt; }
  bool reads_trace_state() const;
  bool is_consistent() const;
  bool may_have_signs(const otlp::Batch& batch) const;
  SamplingDecision decide(const SamplingRate& rate, uint64_t randomness, SamplingPriority priority,
                          std::string_view trace_state, double share) const;
  bool heed(TraceState& state, SamplingDecision& decision) const;
  bool heed_in_hash_seed(TraceState& state, SamplingDecision& decision) const;
  bool heed_threshold(TraceState& state, SamplingDecision& decision) const;

  SamplingConfig config_;
  HashSeed hash_seed_;
  HashSeedMurmur3 murmur3_;
  TailHashSalt tail_;
  uint64_t top_;  // the highest randomness
  RateTable rates_;
};

/// The kept spans as a request, with their resources and scopes. The batch's own bytes when all are
/// kept as they are; nothing when none is.
SharedBytes request_of(const otlp::Batch& batch, const SamplingSelection& selection);

}  // namespace clew::agent
