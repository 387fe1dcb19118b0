#include "agent/sample/earlier_tier.h"

#include <cmath>

namespace clew::agent {
namespace {

/// One chance in 10^15: no agent will ever see it.
constexpr double kOverwhelming = 34.5;

/// Higher rates keep nearly all: a tier before this one makes no difference, and to notice it would
/// take hundreds of traces. So traces_ stays below 34.5 / -ln(0.9) = 328.
constexpr double kHighestPercentage = 90;

}  // namespace

EarlierTier::Change EarlierTier::observe(const SamplingSelection& selection) {
  std::lock_guard lock(mutex_);
  if (!selection.hash_gave_up) return add_evidence_locked(selection);
  traces_.clear();
  evidence_ = 0;
  return std::exchange(found_, false) ? Change::kGone : Change::kNone;
}

EarlierTier::Change EarlierTier::add_evidence_locked(const SamplingSelection& selection) {
  if (found_) return Change::kNone;
  for (const SamplingSelection::Kept& kept : selection.kept) {
    if (!kept.by_hash || kept.percentage > kHighestPercentage || kept.percentage <= 0) continue;
    if (!traces_.insert(kept.ref->trace_id).second) continue;
    evidence_ -= std::log(kept.percentage / 100);
    if (evidence_ < kOverwhelming) continue;
    traces_.clear();
    found_ = true;
    return Change::kFound;
  }
  return Change::kNone;
}

}  // namespace clew::agent
