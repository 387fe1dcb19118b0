#include "agent/pressure.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

constexpr double kRelieves = 0.5;     // optional work is left out from here on,
constexpr double kRelievesNot = 0.4;  // and done again from here on
constexpr double kLowers = 0.75;      // rates fall from here on
constexpr double kLowestShare = 1.0 / 64;
constexpr double kAverageNanos = 1e9;  // what came so long ago counts 1/e
constexpr UnixNanos kRaiseNanos = 1'000'000'000;

/// The share for that fullness, as the power of two next below it.
double share_of(double fullness) {
  double share = (1 - fullness) / (1 - kLowers);
  if (share >= 1) return 1;
  return std::max(kLowestShare, std::exp2(std::floor(std::log2(std::max(share, kLowestShare)))));
}

prometheus::Gauge& share_gauge() {
  return metrics::gauge(
      "clew_sampling_pressure_share",
      "What is left of the traces that the rates keep, by memory pressure; 1: all");
}

}  // namespace

Pressure::Pressure(std::function<Fullness()> fullness, bool lower_rates, const Clock& clock)
    : fullness_(std::move(fullness)), lower_rates_(lower_rates), clock_(clock) {
  share_gauge().Set(1);
}

void Pressure::observe() {
  // Whoever finds another at it has the other's answer a moment later.
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock) step_locked(fullness_(), clock_.now());
}

void Pressure::step_locked(Fullness fullness, UnixNanos now) {
  // A clock that was set back tells nothing about how long ago the last batch was.
  double passed = now > last_ ? static_cast<double>(now - last_) : 0;
  last_ = now;
  average_ += (fullness.in_flight - average_) * (1 - std::exp(-passed / kAverageNanos));
  double full = std::max(average_, fullness.queued);
  relieves_ = full >= (relieves_ ? kRelievesNot : kRelieves);
  if (!lower_rates_) return;
  double wanted = share_of(full);
  double share = share_;
  bool waits = now >= raised_ && now - raised_ < kRaiseNanos;
  if (wanted == share || (wanted > share && waits)) return;
  double next = wanted < share ? wanted : share * 2;
  if (share == 1) {
    log::warn(
        "memory is {:.0f} % full: traces are given up in the order of their hash, rates fall "
        "until there is room. Is a peer away, or more coming than this agent can take?",
        full * 100);
  } else if (next == 1) {
    log::info("memory has room again: all that the rates keep goes on");
  }
  share_ = next;
  raised_ = now;
  share_gauge().Set(next);
}

}  // namespace clew::agent
