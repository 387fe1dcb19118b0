#include "store/codec/presence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace clew::store::codec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string encoded(const PresenceBuilder& builder) {
  std::string bytes;
  builder.encode(bytes);
  return bytes;
}

TEST(Presence, TellsTheRowGroupsOfEachValue) {
  PresenceBuilder builder;
  builder.add_group(0, std::vector<uint32_t>{3, 1, 3, 3});
  builder.add_group(1, std::vector<uint32_t>{1});
  builder.add_group(4, std::vector<uint32_t>{1, 3});
  auto presence = Presence::decode(encoded(builder), 4, 5);
  ASSERT_TRUE(presence.has_value());
  EXPECT_THAT(presence->groups_of(3), ElementsAre(0, 4));
  EXPECT_THAT(presence->groups_of(1), ElementsAre(0, 1, 4));
  EXPECT_THAT(presence->groups_of(0), IsEmpty());
  EXPECT_THAT(presence->groups_of(4), IsEmpty());
  EXPECT_THAT(presence->groups_of(UINT32_MAX), IsEmpty());
}

TEST(Presence, OfNothingKnowsNothing) {
  auto presence = Presence::decode(encoded({}), 0, 0);
  ASSERT_TRUE(presence.has_value());
  EXPECT_THAT(presence->groups_of(0), IsEmpty());
}

TEST(Presence, AgreesWithSets) {
  std::mt19937 random(1);
  for (uint32_t values : {1, 5, 300, 3000}) {
    PresenceBuilder builder;
    std::map<uint32_t, std::set<uint32_t>> model;
    for (uint32_t group = 0; group < 60; ++group) {
      std::vector<uint32_t> rows;
      for (int i = 0; i < 400; ++i) {
        uint32_t value = random() % (1 + random() % values);  // the lower ones are everywhere
        rows.push_back(value);
        model[value].insert(group);
      }
      builder.add_group(group, rows);
    }
    auto presence = Presence::decode(encoded(builder), values, 60);
    ASSERT_TRUE(presence.has_value());
    for (uint32_t value = 0; value < values; ++value)
      ASSERT_THAT(presence->groups_of(value), ::testing::ElementsAreArray(model[value]));
    EXPECT_GT(presence->memory_bytes(), values * 4);
  }
}

TEST(Presence, OfWhatIsEverywhereTakesAlmostNothing) {
  PresenceBuilder builder;
  std::vector<uint32_t> values(1000);
  for (uint32_t i = 0; i < values.size(); ++i) values[i] = i;
  for (uint32_t group = 0; group < 100; ++group) builder.add_group(group, values);
  EXPECT_LT(encoded(builder).size(), 10u);
}

TEST(Presence, PastItsLimitsOrCutShortIsMalformed) {
  PresenceBuilder builder;
  builder.add_group(0, std::vector<uint32_t>{0, 1});
  builder.add_group(7, std::vector<uint32_t>{1, 2, 3});
  std::string bytes = encoded(builder);
  EXPECT_TRUE(Presence::decode(bytes, 4, 8).has_value());
  EXPECT_EQ(Presence::decode(bytes, 3, 8).error().code, Code::kMalformed);
  EXPECT_EQ(Presence::decode(bytes, 4, 7).error().code, Code::kMalformed);
  EXPECT_FALSE(Presence::decode(bytes + "x", 4, 8).has_value());
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(Presence::decode(bytes.substr(0, cut), 4, 8).has_value()) << cut;
}

}  // namespace
}  // namespace clew::store::codec
