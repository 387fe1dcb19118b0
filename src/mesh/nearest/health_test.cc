#include "mesh/nearest/health.h"

#include <gtest/gtest.h>

namespace clew::mesh {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;

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

}  // namespace
}  // namespace clew::mesh
