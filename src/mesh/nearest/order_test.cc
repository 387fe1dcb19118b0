#include "mesh/nearest/order.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "mesh/nearest/link.h"

namespace clew::mesh {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;

using Costs = std::map<std::string, Cost>;

Costs costs(double fra, double was, bool measured = true) {
  return {{"fra", {fra, measured}}, {"was", {was, measured}}};
}

TEST(Order, IsThatOfTheCosts) {
  Order order;
  EXPECT_TRUE(order.update(costs(80, 20), kSecond));
  EXPECT_EQ(order.zones(), (std::vector<std::string>{"was", "fra"}));
}

TEST(Order, TakesMeasuresForGuessesAtOnce) {
  Order order;
  order.update(costs(10, 20, false), kSecond);
  EXPECT_TRUE(order.update(costs(30, 20), 2 * kSecond));
  EXPECT_EQ(order.zones().front(), "was");
}

TEST(Order, ChangesAfterSecondsOfABetterWayOnly) {
  Order order;
  order.update(costs(20, 40), kSecond);
  EXPECT_FALSE(order.update(costs(70, 40), 2 * kSecond));
  EXPECT_FALSE(order.update(costs(70, 40), 6 * kSecond));
  EXPECT_TRUE(order.update(costs(70, 40), 7 * kSecond));
  EXPECT_EQ(order.zones().front(), "was");
  // Back again at once: not before half a minute has gone.
  for (UnixNanos second = 8; second < 37; ++second)
    EXPECT_FALSE(order.update(costs(20, 40), second * kSecond)) << second;
  EXPECT_TRUE(order.update(costs(20, 40), 37 * kSecond));
}

TEST(Order, StaysForALittle) {
  Order order;
  order.update(costs(100, 101), kSecond);
  for (UnixNanos second = 2; second < 300; ++second)
    EXPECT_FALSE(order.update(costs(100, 88), second * kSecond)) << second;
}

TEST(Order, DoesNotFlapWithJitter) {
  std::mt19937 dice(1);
  std::uniform_real_distribution<double> jitter(0.9, 1.1);
  auto probe = [&](Link& link, double milliseconds, UnixNanos now) {
    std::vector<uint32_t> one = {static_cast<uint32_t>(milliseconds * 1000 * jitter(dice))};
    link.add("proxy", one, now);
  };
  for (double other : {20.0, 21.0, 22.0, 25.0}) {
    Order order;
    Link links[2];
    int changes = 0;
    for (UnixNanos half = 1; half < 1200; ++half) {
      UnixNanos now = half * kSecond / 2;
      probe(links[0], 20, now);
      probe(links[1], other, now);
      if (half < 3) continue;
      changes += order.update(costs(*links[0].round_trip(), *links[1].round_trip()), now) ? 1 : 0;
    }
    EXPECT_EQ(changes, 1) << other;  // the first order
  }
}

}  // namespace
}  // namespace clew::mesh
