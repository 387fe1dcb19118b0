#include "agent/pressure.h"

#include <gtest/gtest.h>

#include <chrono>

namespace clew::agent {
namespace {

using namespace std::chrono_literals;

class PressureTest : public testing::Test {
 protected:
  /// A batch every 10 ms, for that long, while memory is that full.
  void run(Pressure::Fullness fullness, std::chrono::milliseconds time) {
    fullness_ = fullness;
    for (; time > 0ms; time -= 10ms) {
      clock_.advance(10ms);
      pressure_.observe();
    }
  }

  ManualClock clock_{1'700'000'000'000'000'000};
  Pressure::Fullness fullness_;
  Pressure pressure_{[this] { return fullness_; }, true, clock_};
};

TEST_F(PressureTest, NothingIsGivenUpWhileThereIsRoom) {
  run({.in_flight = 0.45}, 10s);
  EXPECT_FALSE(pressure_.relieve_work());
  EXPECT_EQ(pressure_.share(), 1);
}

TEST_F(PressureTest, OptionalWorkGoesFirst) {
  run({.in_flight = 0.7}, 10s);
  EXPECT_TRUE(pressure_.relieve_work());
  EXPECT_EQ(pressure_.share(), 1);
  run({.in_flight = 0.45}, 10s);
  EXPECT_TRUE(pressure_.relieve_work()) << "it comes back later than it went";
  run({.in_flight = 0.3}, 10s);
  EXPECT_FALSE(pressure_.relieve_work());
}

TEST_F(PressureTest, RatesFallTheMoreTheFullerMemoryIs) {
  run({.in_flight = 0.8}, 10s);
  EXPECT_EQ(pressure_.share(), 0.5);
  run({.in_flight = 0.9}, 10s);
  EXPECT_EQ(pressure_.share(), 0.25);
  run({.in_flight = 0.99}, 10s);
  EXPECT_EQ(pressure_.share(), 1.0 / 32);
  run({.in_flight = 1}, 10s);
  EXPECT_EQ(pressure_.share(), 1.0 / 64);
}

TEST_F(PressureTest, ABurstDoesNotLowerRates) {
  run({.in_flight = 0.2}, 10s);
  run({.in_flight = 1}, 200ms);
  EXPECT_EQ(pressure_.share(), 1);
}

TEST_F(PressureTest, AQueueCountsAtOnce) {
  run({.queued = 0.9}, 10ms);
  EXPECT_EQ(pressure_.share(), 0.25);
}

TEST_F(PressureTest, RatesRiseAStepASecond) {
  run({.in_flight = 1}, 10s);
  ASSERT_EQ(pressure_.share(), 1.0 / 64);
  run({.in_flight = 0}, 1s);
  EXPECT_LE(pressure_.share(), 1.0 / 32);
  run({.in_flight = 0}, 2s);
  EXPECT_LE(pressure_.share(), 1.0 / 8);
  run({.in_flight = 0}, 10s);
  EXPECT_EQ(pressure_.share(), 1);
}

TEST_F(PressureTest, AfterASilenceOnlyNowCounts) {
  run({.in_flight = 1}, 10s);
  clock_.advance(1h);
  fullness_ = {};
  for (int i = 0; i < 6; ++i) {
    pressure_.observe();
    clock_.advance(1s);
  }
  EXPECT_EQ(pressure_.share(), 1);
  EXPECT_FALSE(pressure_.relieve_work());
}

TEST_F(PressureTest, AClockSetBackStopsNothing) {
  run({.in_flight = 1}, 10s);
  clock_.advance(-3h);
  run({.in_flight = 0}, 10s);
  EXPECT_EQ(pressure_.share(), 1);
}

TEST_F(PressureTest, RatesStayWhenTheyAreToStay) {
  Pressure fixed([] { return Pressure::Fullness{1, 1}; }, false, clock_);
  for (int i = 0; i < 1000; ++i) {
    clock_.advance(10ms);
    fixed.observe();
  }
  EXPECT_EQ(fixed.share(), 1);
  EXPECT_TRUE(fixed.relieve_work());
}

}  // namespace
}  // namespace clew::agent
