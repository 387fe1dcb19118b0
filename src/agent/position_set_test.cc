#include "agent/position_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace clew::agent {
namespace {

TEST(PositionSet, JoinsWhatTouches) {
  PositionSet set;
  set.add({5, 7});
  set.add({9, 10});
  set.add({7, 9});
  set.add({3, 3});
  EXPECT_EQ(set.ranges(), (std::vector<PositionRange>{{5, 10}}));
  EXPECT_TRUE(set.contains(PositionRange{5, 10}));
  EXPECT_FALSE(set.contains(PositionRange{4, 6}));
  EXPECT_TRUE(set.contains(PositionRange{4, 4}));
  EXPECT_EQ(set.within({6, 20}).ranges(), (std::vector<PositionRange>{{6, 10}}));
}

TEST(PositionSet, IsASetOfNumbers) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    PositionSet set;
    std::set<Position> model;
    for (int i = 0; i < 30; ++i) {
      Position begin = random() % 60, end = begin + random() % 6;
      set.add({begin, end});
      for (Position at = begin; at < end; ++at) model.insert(at);
    }
    for (Position at = 0; at < 70; ++at) ASSERT_EQ(set.contains(at), model.contains(at)) << at;
    size_t gaps = 0;
    for (Position at : model) gaps += !model.contains(at + 1);
    ASSERT_EQ(set.ranges().size(), gaps);
    Position begin = random() % 60, end = begin + random() % 20;
    PositionSet part = set.within({begin, end});
    for (Position at = 0; at < 80; ++at)
      ASSERT_EQ(part.contains(at), at >= begin && at < end && model.contains(at));
  }
}

}  // namespace
}  // namespace clew::agent
