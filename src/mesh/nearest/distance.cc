#include "mesh/nearest/distance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace clew::mesh {
namespace {

constexpr double kEarthRadiusKm = 6371;
constexpr double kKmPerMs = 100;
constexpr double kDetour = 1.4;
constexpr double kUnknownMs = 1000;

}  // namespace

double distance_km(const Coordinates& from, const Coordinates& to) {
  auto radians = [](double degrees) { return degrees * std::numbers::pi / 180; };
  double lat = std::sin(radians(to.latitude - from.latitude) / 2);
  double lon = std::sin(radians(to.longitude - from.longitude) / 2);
  double chord =
      lat * lat + std::cos(radians(from.latitude)) * std::cos(radians(to.latitude)) * lon * lon;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, chord)));
}

double likely_round_trip(const std::optional<Coordinates>& from,
                         const std::optional<Coordinates>& to) {
  if (!from || !to) return kUnknownMs;
  return distance_km(*from, *to) / kKmPerMs * kDetour;
}

}  // namespace clew::mesh
