#include "mesh/nearest/loads.h"

#include <gtest/gtest.h>

#include <vector>

namespace clew::mesh {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;
const ServiceAt kShop{"ams", "default", "shop"};

TEST(Loads, AddsUpTheProxiesOfAnEdge) {
  Loads loads;
  std::vector<Load> one = {{"shop", "fra", 100, 5}, {"cart", "fra", 10, 0}};
  std::vector<Load> other = {{"shop", "fra", 50, 0}, {"shop", "was", 20, 0}};
  loads.add("ams", "default", "edge-1", one, 2, kSecond);
  loads.add("ams", "default", "edge-2", other, 1, kSecond);
  loads.add("nyc", "default", "edge-3", other, 1, kSecond);
  EXPECT_DOUBLE_EQ(loads.of(kShop, kSecond)["fra"].requests, 100);
  EXPECT_DOUBLE_EQ(loads.of(kShop, kSecond)["fra"].errors, 2.5);
  EXPECT_DOUBLE_EQ(loads.of(kShop, kSecond)["was"].requests, 20);
  EXPECT_DOUBLE_EQ(loads.of_edge("ams", kSecond)["fra"].requests, 105);
  EXPECT_TRUE(loads.of({"ams", "other", "shop"}, kSecond).empty());
}

TEST(Loads, FollowWithinSecondsAndEndWithTheReports) {
  Loads loads;
  std::vector<Load> much = {{"shop", "fra", 100, 0}};
  loads.add("ams", "default", "edge-1", much, 1, kSecond);
  for (UnixNanos second = 2; second < 22; ++second) {
    std::vector<Load> little = {{"shop", "was", 10, 0}};
    loads.add("ams", "default", "edge-1", little, 1, second * kSecond);
  }
  auto rates = loads.of(kShop, 22 * kSecond);
  EXPECT_LT(rates["fra"].requests, 3);
  EXPECT_NEAR(rates["was"].requests, 10, 0.5);
  EXPECT_TRUE(loads.of(kShop, 60 * kSecond).empty());
  loads.add("ams", "default", "edge-1", much, 0, 60 * kSecond);
  EXPECT_TRUE(loads.of(kShop, 60 * kSecond).empty()) << "it stands for no time";
}

}  // namespace
}  // namespace clew::mesh
