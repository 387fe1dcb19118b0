#include "mesh/nearest/routing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::mesh {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Preferences, DoWithoutCapacityWhatTheOrderSays) {
  auto all = preferences({{"fra"}, {"was"}, {"tyo"}}, nullptr);
  ASSERT_EQ(all.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(all[i].priority, i);
  EXPECT_TRUE(preferences({}, nullptr).empty());
}

TEST(RoutingChanges, NameWhatIsOtherwise) {
  Routing before, after;
  before.edges = {{"ams", {{"fra"}, {"was"}}}, {"nyc", {{"was"}}}};
  after = before;
  EXPECT_TRUE(changes_of(&before, after, "default").empty());
  after.edges["ams"][0].down = true;
  after.shares[{"nyc", "default", "shop"}] = {{"was", 100}};
  after.shares[{"nyc", "other", "cart"}] = {{"was", 100}};
  EXPECT_THAT(changes_of(&before, after, "default"),
              ElementsAre(Pair("ams", ElementsAre("*")), Pair("nyc", ElementsAre("shop"))));
  EXPECT_EQ(changes_of(nullptr, before, "default").size(), 2U);
}

}  // namespace
}  // namespace clew::mesh
