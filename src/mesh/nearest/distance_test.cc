#include "mesh/nearest/distance.h"

#include <gtest/gtest.h>

namespace clew::mesh {
namespace {

TEST(DistanceKm, IsThatAlongTheEarthsSurface) {
  Coordinates frankfurt{50.11, 8.68}, washington{38.90, -77.04};
  EXPECT_NEAR(distance_km(frankfurt, washington), 6550, 30);
  EXPECT_NEAR(distance_km(frankfurt, frankfurt), 0, 1e-6);
  EXPECT_NEAR(distance_km({0, 179.5}, {0, -179.5}), 111, 1);  // over the date line
}

TEST(LikelyRoundTrip, GrowsWithTheDistanceAndIsLongestWhereNothingIsKnown) {
  Coordinates frankfurt{50.11, 8.68}, washington{38.90, -77.04}, sydney{-33.9, 151.2};
  EXPECT_NEAR(likely_round_trip(frankfurt, washington), 92, 1);
  EXPECT_GT(likely_round_trip(frankfurt, std::nullopt), likely_round_trip(frankfurt, sydney));
}

}  // namespace
}  // namespace clew::mesh
