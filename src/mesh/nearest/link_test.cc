#include "mesh/nearest/link.h"

#include <gtest/gtest.h>

#include <vector>

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

}  // namespace
}  // namespace clew::mesh
