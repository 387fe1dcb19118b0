#include "mesh/nearest/fill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>

namespace clew::mesh {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

TEST(Fill, GivesTheNearestEverythingItCanTake) {
  std::vector<Wish> wishes = {{.rate = 100, .choices = {{0, 20}, {1, 80}}}};
  EXPECT_THAT(fill(wishes, std::vector{kUnlimited, kUnlimited})[0], ElementsAre(1, 0));
  EXPECT_THAT(fill(wishes, std::vector{100.0, 0.0})[0], ElementsAre(1, 0));
  EXPECT_THAT(fill(wishes, std::vector{60.0, 100.0})[0],
              ElementsAre(DoubleNear(0.6, 1e-9), DoubleNear(0.4, 1e-9)));
}

TEST(Fill, LetsTheNearerEdgeStayWhereTwoWantTheSame) {
  std::vector<Wish> wishes = {{.rate = 50, .choices = {{0, 30}, {1, 40}}},
                              {.rate = 50, .choices = {{0, 10}, {1, 90}}}};
  auto parts = fill(wishes, std::vector{50.0, 100.0});
  EXPECT_THAT(parts[0], ElementsAre(0, 1));
  EXPECT_THAT(parts[1], ElementsAre(1, 0));
}

TEST(Fill, SharesWhatNobodyCanTake) {
  std::vector<Wish> wishes = {{.rate = 400, .choices = {{0, 10}, {1, 20}}}};
  EXPECT_THAT(fill(wishes, std::vector{50.0, 150.0})[0],
              ElementsAre(DoubleNear(0.25, 1e-9), DoubleNear(0.75, 1e-9)));
}

TEST(Fill, KeepsToTheLimitOfOneThatRecovers) {
  std::vector<Wish> wishes = {{.rate = 100, .choices = {{0, 10, 0.1}, {1, 20}}}};
  EXPECT_THAT(fill(wishes, std::vector{kUnlimited, kUnlimited})[0],
              ElementsAre(DoubleNear(0.1, 1e-9), DoubleNear(0.9, 1e-9)));
  wishes[0].rate = 0;
  EXPECT_THAT(fill(wishes, std::vector{kUnlimited, kUnlimited})[0],
              ElementsAre(DoubleNear(0.1, 1e-9), DoubleNear(0.9, 1e-9)));
}

TEST(Fill, TakesAnyChoiceRatherThanNone) {
  std::vector<Wish> wishes = {{.rate = 10, .choices = {{0, 10}}}, {.rate = 10, .choices = {}}};
  auto parts = fill(wishes, std::vector{0.0});
  EXPECT_THAT(parts[0], ElementsAre(1));
  EXPECT_TRUE(parts[1].empty());
}

TEST(Fill, NeverFillsAbovesCapacityWhileThereIsRoom) {
  std::mt19937 dice(7);
  std::uniform_real_distribution<double> rate(0, 100), cost(1, 200), capacity(10, 300);
  for (int round = 0; round < 500; ++round) {
    size_t zones = 2 + dice() % 4;
    std::vector<double> capacities;
    for (size_t i = 0; i < zones; ++i) capacities.push_back(capacity(dice));
    double room = std::accumulate(capacities.begin(), capacities.end(), 0.0), wanted = 0;
    std::vector<Wish> wishes;
    for (size_t i = 0; i < 5; ++i) {
      Wish wish{.rate = rate(dice), .choices = {}};
      for (size_t zone = 0; zone < zones; ++zone) wish.choices.push_back({zone, cost(dice)});
      wanted += wish.rate;
      wishes.push_back(std::move(wish));
    }
    auto parts = fill(wishes, capacities);
    std::vector<double> got(zones);
    for (size_t i = 0; i < wishes.size(); ++i) {
      EXPECT_NEAR(std::accumulate(parts[i].begin(), parts[i].end(), 0.0), 1, 1e-9);
      for (size_t j = 0; j < zones; ++j) got[j] += parts[i][j] * wishes[i].rate;
    }
    for (size_t j = 0; j < zones && wanted <= room; ++j)
      EXPECT_LE(got[j], capacities[j] + 1e-3) << "round " << round;
  }
}

TEST(Percents, SumToAHundred) {
  EXPECT_THAT(percents(std::vector{1.0}), ElementsAre(100));
  EXPECT_THAT(percents(std::vector{1 / 3.0, 1 / 3.0, 1 / 3.0}), ElementsAre(34, 33, 33));
  EXPECT_THAT(percents(std::vector{0.005, 0.995}), ElementsAre(1, 99));
  EXPECT_TRUE(percents(std::vector<double>{}).empty());
}

}  // namespace
}  // namespace clew::mesh
