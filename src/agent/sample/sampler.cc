#include "agent/sample/sampler.h"

#include <algorithm>
#include <deque>

#include "agent/sample/consistent.h"
#include "otlp/reader.h"
#include "otlp/writer.h"

namespace clew::agent {
namespace {

/// What a sampler may read of a span besides its trace ID.
struct SpanSigns {
  SamplingPriority priority = SamplingPriority::kNone;
  std::string_view trace_state;
};

SpanSigns signs_of(std::string_view span) {
  SpanSigns signs;
  bool has_priority = false;
  otlp::for_each_field(span, [&](protozero::pbf_reader& reader) {
    if (reader.tag() == otlp::fields::span::kTraceState) {
      signs.trace_state = otlp::view_of(reader);
    } else if (reader.tag() == otlp::fields::span::kAttributes && !has_priority) {
      std::string_view bytes = otlp::view_of(reader);
      // The usual form, a short key first, tells by its length that it is another.
      if (bytes.size() > 2 && bytes[0] == '\x0a' && bytes[1] != char{kSamplingPriorityKey.size()})
        return;
      auto attribute = otlp::Attribute::decode(bytes);
      if (attribute.key != kSamplingPriorityKey) return;
      has_priority = true;  // of two the first counts
      signs.priority = sampling_priority_of(attribute.value);
    } else {
      reader.skip();
    }
  });
  return signs;
}

}  // namespace

std::string_view name_of(SamplingPolicy policy) {
  static constexpr std::array<std::string_view, kSamplingPolicies> kNames = {
      "trace_id_hash", "trace_id_w3c", "sampling_randomness", "sampling_priority"};
  return kNames[static_cast<size_t>(policy)];
}

Sampler::Sampler(SamplingConfig config)
    : config_(std::move(config)),
      hash_seed_(config_.hash_seed),
      murmur3_(config_.hash_seed),
      tail_(config_.hash_salt),
      top_(config_.algorithm == SamplingAlgorithm::kTailHashSalt ? UINT64_MAX : kKeepNone - 1),
      rates_(config_, [this](double percentage) { return threshold(percentage); }) {}

uint64_t Sampler::randomness(const TraceId& id) const {
  switch (config_.algorithm) {
    case SamplingAlgorithm::kHashSeed:
      return hash_seed_.randomness(id);
    case SamplingAlgorithm::kHashSeedMurmur3:
      return murmur3_.randomness(id);
    case SamplingAlgorithm::kTailHashSalt:
      return ~tail_.hash(id);  // the reference keeps low hashes
    case SamplingAlgorithm::kProportional:
    case SamplingAlgorithm::kEqualizing:
      break;
  }
  return randomness_of(id);
}

uint64_t Sampler::threshold(double percentage) const {
  switch (config_.algorithm) {
    case SamplingAlgorithm::kHashSeed:
    case SamplingAlgorithm::kHashSeedMurmur3:
      return HashBuckets::threshold(HashBuckets::kept(percentage));
    case SamplingAlgorithm::kTailHashSalt:
      return ~TailHashSalt::highest_kept(percentage);
    case SamplingAlgorithm::kProportional:
      return proportional_threshold(percentage, config_.sampling_precision, std::nullopt);
    case SamplingAlgorithm::kEqualizing:
      break;
  }
  return equalizing_threshold(percentage, config_.sampling_precision, std::nullopt);
}

bool Sampler::is_consistent() const {
  return config_.algorithm == SamplingAlgorithm::kProportional ||
         config_.algorithm == SamplingAlgorithm::kEqualizing;
}

bool Sampler::reads_trace_state() const {
  return is_consistent() ||
         (config_.algorithm == SamplingAlgorithm::kHashSeed && config_.write_tracestate);
}

/// Whether more than trace IDs has to be read of the batch's spans.
bool Sampler::may_have_signs(const otlp::Batch& batch) const {
  return (reads_priority() && batch.may_have_sampling_priority()) ||
         (reads_trace_state() && batch.may_have_trace_state());
}

namespace {

/// Where `text` stands in `texts`; spans in a row often have the same.
std::optional<uint32_t> index_of(std::deque<std::string>& texts, std::optional<std::string> text) {
  if (!text) return std::nullopt;
  if (texts.empty() || texts.back() != *text) texts.push_back(*std::move(text));
  return static_cast<uint32_t>(texts.size() - 1);
}

}  // namespace

SamplingSelection Sampler::select(const Tenant& tenant, const otlp::Batch& batch,
                                  double share) const {
  SamplingSelection selection;
  bool has_signs = may_have_signs(batch);
  size_t dropped_at_once = 0;
  for (const otlp::SpanRef& ref : batch.spans()) {
    uint64_t random = randomness(ref.trace_id);
    if (!has_signs && random < rates_.lowest_threshold()) {
      ++dropped_at_once;
      continue;
    }
    SpanSigns signs = has_signs ? signs_of(batch.bytes_of(ref)) : SpanSigns{};
    const SamplingRate& rate = rates_.rate_of(tenant, batch, ref);
    auto decision = decide(rate, random, signs.priority, signs.trace_state, share);
    bool by_hash = decision.policy != SamplingPolicy::kSamplingPriority && !decision.failed;
    selection.wanted += decision.wanted;
    selection.failed += decision.failed;
    selection.earlier_tier += decision.earlier_tier;
    selection.hash_gave_up |= by_hash && !decision.wanted;
    ++selection.counts[static_cast<size_t>(decision.policy)][decision.keeps];
    if (decision.keeps)
      selection.kept.push_back({&ref, rate.percentage, by_hash,
                                index_of(selection.trace_states, std::move(decision.trace_state))});
  }
  auto policy = is_consistent() ? SamplingPolicy::kTraceIdW3c : SamplingPolicy::kTraceIdHash;
  selection.counts[static_cast<size_t>(policy)][false] += dropped_at_once;
  selection.hash_gave_up |= dropped_at_once != 0;
  return selection;
}

SamplingDecision Sampler::decide(const Tenant& tenant, const otlp::Batch& batch,
                                 const otlp::SpanRef& ref, double share) const {
  SpanSigns signs = may_have_signs(batch) ? signs_of(batch.bytes_of(ref)) : SpanSigns{};
  return decide(rates_.rate_of(tenant, batch, ref), randomness(ref.trace_id), signs.priority,
                signs.trace_state, share);
}

SamplingDecision Sampler::decide(const SamplingRate& rate, uint64_t randomness,
                                 SamplingPriority priority, std::string_view trace_state,
                                 double share) const {
  SamplingDecision decision{.randomness = randomness, .threshold = rate.threshold, .rate = &rate};
  if (is_consistent()) decision.policy = SamplingPolicy::kTraceIdW3c;
  std::optional<TraceState> state;
  if (reads_trace_state()) {
    if (auto parsed = TraceState::parse(trace_state)) state = *std::move(parsed);
    decision.failed = !state || !heed(*state, decision);
    // What could not be understood, or is another sampler's, stays as it is.
    if (decision.failed && (!is_consistent() || !state)) state.reset();
    if (decision.failed) decision.threshold = config_.fail_closed ? kKeepNone : kKeepAll;
  }
  if (!reads_priority()) priority = SamplingPriority::kNone;
  if (priority != SamplingPriority::kNone) {
    decision.policy = SamplingPolicy::kSamplingPriority;
    decision.threshold = priority == SamplingPriority::kKeep ? kKeepAll : kKeepNone;
  }
  decision.wanted = decision.threshold <= decision.randomness;
  if (priority == SamplingPriority::kNone)
    decision.threshold = keep_share(decision.threshold, share, top_);
  decision.keeps = decision.threshold <= decision.randomness;
  // The reference writes th:0 at 100 % in each mode; with hash_seed it would be the only change.
  bool tells = is_consistent() || rate.threshold != kKeepAll || decision.threshold != kKeepAll;
  if (decision.keeps && tells && state && state->raise_threshold(decision.threshold))
    decision.trace_state = state->text();
  if (decision.trace_state == trace_state) decision.trace_state.reset();
  return decision;
}

/// Takes over what samplers before us left in the trace_state; false if that is in our way.
bool Sampler::heed(TraceState& state, SamplingDecision& decision) const {
  if (!is_consistent()) return heed_in_hash_seed(state, decision);
  if (auto randomness = state.randomness()) {
    decision.randomness = *randomness;
    decision.policy = SamplingPolicy::kSamplingRandomness;
  }
  return heed_threshold(state, decision);
}

bool Sampler::heed_in_hash_seed(TraceState& state, SamplingDecision& decision) const {
  auto randomness = state.randomness();
  if (!randomness && !state.threshold()) {
    state.set_randomness(decision.randomness);
    return true;
  }
  // The reference fails on any rv or th. It also writes both, so behind itself it drops everything;
  // an rv of its making we take as the hash it is, of whatever seed.
  if (!randomness || !HashBuckets::is_randomness(*randomness)) return false;
  decision.earlier_tier = true;
  decision.randomness = *randomness;
  return heed_threshold(state, decision);
}

bool Sampler::heed_threshold(TraceState& state, SamplingDecision& decision) const {
  auto arriving = state.threshold();
  if (arriving && *arriving > decision.randomness) {
    state.clear_threshold();  // it says that the span was not kept, and here it is
    return false;
  }
  if (!arriving) return true;
  if (config_.algorithm == SamplingAlgorithm::kProportional)
    decision.threshold =
        proportional_threshold(decision.rate->percentage, config_.sampling_precision, arriving);
  else
    decision.threshold = std::max(decision.threshold, *arriving);
  return true;
}

std::string Sampler::explain(const TraceId& id, const SamplingDecision& decision) const {
  std::string rule = decision.rate->rule == SamplingRate::kNoRule
                         ? "default"
                         : fmt::format("rules[{}]", decision.rate->rule);
  std::string ground;
  auto buckets = [&](uint32_t hash) {
    return fmt::format("hash={:08x} bucket={} threshold={} of {}", hash, HashBuckets::bucket(hash),
                       HashBuckets::kept(decision.rate->percentage), HashBuckets::kCount);
  };
  switch (config_.algorithm) {
    case SamplingAlgorithm::kHashSeed:
      ground = "algorithm=hash_seed " + buckets(hash_seed_.hash(id));
      break;
    case SamplingAlgorithm::kHashSeedMurmur3:
      ground = "algorithm=hash_seed_murmur3 " + buckets(murmur3_.hash(id));
      break;
    case SamplingAlgorithm::kTailHashSalt:
      ground = fmt::format("algorithm=tail_hash_salt hash={:016x} threshold={:016x}",
                           tail_.hash(id), TailHashSalt::highest_kept(decision.rate->percentage));
      break;
    case SamplingAlgorithm::kProportional:
    case SamplingAlgorithm::kEqualizing:
      ground = fmt::format(
          "algorithm={} randomness={} threshold={}",
          config_.algorithm == SamplingAlgorithm::kEqualizing ? "equalizing" : "proportional",
          randomness_text(decision.randomness),
          decision.threshold == kKeepNone ? "never" : threshold_text(decision.threshold));
  }
  return fmt::format("{} policy={} rule={} percentage={}", ground, name_of(decision.policy), rule,
                     decision.rate->percentage);
}

SharedBytes request_of(const otlp::Batch& batch, const SamplingSelection& selection) {
  if (selection.kept.empty()) return {};
  bool unchanged = selection.kept.size() == batch.spans().size() &&
                   std::ranges::none_of(selection.kept, [](const auto& kept) {
                     return kept.trace_state.has_value();
                   });
  if (unchanged) return batch.bytes();
  return SharedBytes::take(otlp::subset(batch, selection.kept.size(), [&](size_t i) {
    const auto& kept = selection.kept[i];
    otlp::SelectedSpan span{kept.ref, std::nullopt};
    if (kept.trace_state) span.trace_state = selection.trace_states[*kept.trace_state];
    return span;
  }));
}

}  // namespace clew::agent
