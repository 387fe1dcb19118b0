#include "mesh/nearest/link.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "mesh/nearest/health.h"
#include "mesh/nearest/order.h"

namespace clew::mesh {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;

void add(Link& link, std::vector<uint32_t> round_trips, UnixNanos now = kSecond,
         const std::string& from = "one") {
  link.add(from, round_trips, now);
}

TEST(Link, KnowsNothingBeforeThreeAnswers) {
  Link link;
  EXPECT_FALSE(link.is_probed(kSecond));
  EXPECT_FALSE(link.is_silent(kSecond));
  add(link, {20'000, 21'000});
  EXPECT_FALSE(link.round_trip());
  add(link, {25'000});
  EXPECT_DOUBLE_EQ(link.round_trip().value(), 20);
}

TEST(Link, FollowsALongerWayWithinSecondsAndIgnoresOneSlowAnswer) {
  Link link;
  add(link, {20'000, 20'000, 20'000, 90'000, 20'000});
  EXPECT_DOUBLE_EQ(link.round_trip().value(), 20);
  add(link, std::vector<uint32_t>(10, 70'000));
  EXPECT_NEAR(link.round_trip().value(), 70, 0.5);
}

TEST(Link, IsSilentAfterThreeFailuresInARow) {
  Link link;
  add(link, {20'000, 0, 0, 20'000, 0, 0});
  EXPECT_FALSE(link.is_silent(kSecond));
  add(link, {0});
  EXPECT_TRUE(link.is_silent(kSecond));
  EXPECT_FALSE(link.is_silent(kSecond * 20)) << "nobody has looked since";
  add(link, {20'000});
  EXPECT_FALSE(link.is_silent(kSecond));
}

TEST(Link, AnswersIfOneOfItsTargetsDoes) {
  Link link;
  add(link, {0, 0, 0}, kSecond, "one");
  add(link, {9'000, 9'000, 9'000}, kSecond, "other");
  EXPECT_FALSE(link.is_silent(kSecond));
  EXPECT_DOUBLE_EQ(link.round_trip().value(), 9);
  EXPECT_EQ(link.loss(), 0);
  add(link, {0, 0, 0}, kSecond * 10, "one");
  EXPECT_TRUE(link.is_silent(kSecond * 10)) << "the other has gone";
}

TEST(Link, CountsLossButNotSilence) {
  Link link;
  for (int i = 0; i < 100; ++i) add(link, {5000, 5000, 5000, 0, 5000});
  EXPECT_NEAR(link.loss(), 0.2, 0.08);
  double before = link.loss();
  for (int i = 0; i < 100; ++i) add(link, {0});
  EXPECT_EQ(link.loss(), before);
  add(link, {5000});
  EXPECT_LT(link.loss(), before);
}

TEST(Health, ComesBackStepByStep) {
  Health health;
  EXPECT_EQ(health.percent(0), 100);
  health.update(false, true, 9 * kSecond);
  health.update(true, true, 10 * kSecond);
  EXPECT_TRUE(health.is_down());
  health.update(false, true, 19 * kSecond);
  EXPECT_TRUE(health.is_down()) << "it has to answer for ten seconds";
  health.update(false, true, 20 * kSecond);
  EXPECT_FALSE(health.is_down());
  EXPECT_EQ(health.percent(20 * kSecond), 10);
  EXPECT_EQ(health.percent(23 * kSecond), 25);
  EXPECT_EQ(health.percent(29 * kSecond), 100);
  health.update(true, true, 30 * kSecond);
  EXPECT_EQ(health.percent(30 * kSecond), 0);
}

TEST(Health, BeginsAtOnce) {
  Health health;
  health.update(true, false, 10 * kSecond);
  EXPECT_TRUE(health.is_down()) << "its ingress is still to be started";
  health.update(false, true, 11 * kSecond);
  EXPECT_EQ(health.percent(11 * kSecond), 100);
}

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
  for (double other : {20.0, 21.0, 22.0, 25.0}) {
    Order order;
    Link links[2];
    int changes = 0;
    for (UnixNanos half = 1; half < 1200; ++half) {
      UnixNanos now = half * kSecond / 2;
      add(links[0], {static_cast<uint32_t>(20'000 * jitter(dice))}, now);
      add(links[1], {static_cast<uint32_t>(other * 1000 * jitter(dice))}, now);
      if (half < 3) continue;
      changes += order.update(costs(*links[0].round_trip(), *links[1].round_trip()), now) ? 1 : 0;
    }
    EXPECT_EQ(changes, 1) << other;  // the first order
  }
}

}  // namespace
}  // namespace clew::mesh
