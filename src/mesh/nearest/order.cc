#include "mesh/nearest/order.h"

#include <algorithm>
#include <utility>

namespace clew::mesh {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;
constexpr UnixNanos kBetterFor = 5 * kSecond;
constexpr UnixNanos kDwell = 30 * kSecond;
constexpr double kMargin = 0.15;
constexpr double kMarginMs = 5;

std::vector<std::string> cheapest_first(const std::map<std::string, Cost>& costs) {
  std::vector<std::pair<double, std::string>> sorted;
  for (const auto& [zone, cost] : costs) sorted.emplace_back(cost.milliseconds, zone);
  std::ranges::sort(sorted);
  std::vector<std::string> zones;
  for (auto& [cost, zone] : sorted) zones.push_back(std::move(zone));
  return zones;
}

}  // namespace

bool Order::is_worth_a_change(const std::map<std::string, Cost>& costs) const {
  for (size_t i = 0; i < zones_.size(); ++i) {
    double before = costs.at(zones_[i]).milliseconds;
    for (size_t j = i + 1; j < zones_.size(); ++j)
      if (costs.at(zones_[j]).milliseconds < before - std::max(kMarginMs, kMargin * before))
        return true;
  }
  return false;
}

void Order::restore(std::vector<std::string> zones, const std::map<std::string, Cost>& costs) {
  zones_ = std::move(zones);
  for (const auto& [zone, cost] : costs) measured_[zone] = cost.measured;
}

bool Order::update(const std::map<std::string, Cost>& costs, UnixNanos now) {
  std::map<std::string, bool> measured;
  for (const auto& [zone, cost] : costs) measured[zone] = cost.measured;
  // Others than before, or known otherwise: there is no order yet that could be kept.
  bool anew = std::exchange(measured_, measured) != measured;
  if (!anew) {
    if (!is_worth_a_change(costs)) {
      wrong_since_ = 0;
      return false;
    }
    if (wrong_since_ == 0) wrong_since_ = now;
    bool settled = changed_at_ == 0 || now >= changed_at_ + kDwell;
    if (now < wrong_since_ + kBetterFor || !settled) return false;
    changed_at_ = now;
  }
  wrong_since_ = 0;
  auto zones = cheapest_first(costs);
  return std::exchange(zones_, zones) != zones;
}

}  // namespace clew::mesh
