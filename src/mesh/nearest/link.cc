#include "mesh/nearest/link.h"

#include <algorithm>

namespace clew::mesh {
namespace {

constexpr double kSmoothing = 0.5;      // weight of the newest least
constexpr double kLossSmoothing = 0.1;  // of the newest probe
constexpr int kFailuresInARow = 3;      // at 1 % loss by chance once in a million probes
/// Proxies report several times a second.
constexpr UnixNanos kForgotten = 5'000'000'000;

}  // namespace

void Link::Track::answer(double milliseconds) {
  newest[answered++ % newest.size()] = milliseconds;
  // Silence is an outage, not loss: it must not be paid for when it is over.
  if (failures < kFailuresInARow)
    for (; failures > 0; --failures) loss += kLossSmoothing * (1 - loss);
  failures = 0;
  loss *= 1 - kLossSmoothing;
  if (answered < newest.size()) return;
  double least = *std::ranges::min_element(newest);
  smoothed = answered == newest.size() ? least : smoothed + kSmoothing * (least - smoothed);
}

void Link::add(const std::string& from, std::span<const uint32_t> round_trips, UnixNanos now) {
  // A proxy that was replaced, an ingress that has gone.
  std::erase_if(tracks_, [&](const auto& each) { return each.second.heard + kForgotten < now; });
  Track& track = tracks_[from];
  track.heard = now;
  for (uint32_t microseconds : round_trips) {
    if (microseconds == 0)
      ++track.failures;
    else
      track.answer(microseconds / 1000.0);
  }
}

std::optional<double> Link::round_trip() const {
  std::optional<double> least;
  for (const auto& [from, track] : tracks_)
    if (track.answered >= track.newest.size() && (!least || track.smoothed < *least))
      least = track.smoothed;
  return least;
}

double Link::loss() const {
  double least = tracks_.empty() ? 0 : 1;
  for (const auto& [from, track] : tracks_) least = std::min(least, track.loss);
  return least;
}

bool Link::is_silent(UnixNanos now) const {
  return is_probed(now) && std::ranges::all_of(tracks_, [&](const auto& each) {
           return each.second.failures >= kFailuresInARow || each.second.heard + kForgotten < now;
         });
}

bool Link::is_probed(UnixNanos now) const {
  return std::ranges::any_of(
      tracks_, [&](const auto& each) { return each.second.heard + kForgotten >= now; });
}

}  // namespace clew::mesh
