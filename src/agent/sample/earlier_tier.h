// Noticing that what arrives was sampled before, by the same algorithm and seed.
#pragma once

#include <mutex>
#include <set>

#include "agent/sample/sampler.h"
#include "base/ids.h"

namespace clew::agent {

/// Watches the traces that arrive. Where all of them are kept by a rate that should keep few, a
/// tier before this one keeps the same: this one then has no effect, metrics counted here are not
/// of all traffic, and a collector in its place would drop everything (contrib #42188). Another
/// seed leaves no such sign, other than a trace_state.
///
/// Any thread may call it.
class EarlierTier {
 public:
  enum class Change { kNone, kFound, kGone };

  /// Takes note of a batch; kFound once when the evidence is overwhelming, kGone once when a trace
  /// comes after all that the hash gives up. Follows from the batches alone, not from time.
  Change observe(const SamplingSelection& selection);

 private:
  Change add_evidence_locked(const SamplingSelection& selection);

  std::mutex mutex_;
  std::set<TraceId> traces_;  // distinct ones since the last that was given up
  double evidence_ = 0;       // -ln of the probability that all of them are kept by chance
  bool found_ = false;
};

}  // namespace clew::agent
