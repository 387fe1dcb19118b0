#include "mesh/xds/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh::xds {
namespace {

using envoy_api::kCluster;
using nlohmann::json;

json cluster(std::string_view timeout) {
  return {{"name", "c"}, {"connect_timeout", timeout}};
}

TEST(XdsResource, HasAVersionThatIsItsContents) {
  auto one = XdsResource::make(kCluster, "c", cluster("1s")).value();
  auto same = XdsResource::make(kCluster, "c", cluster("1.0s"), {"MeshTimeout/all"}).value();
  auto other = XdsResource::make(kCluster, "c", cluster("2s")).value();
  EXPECT_EQ(one->version(), same->version());
  EXPECT_NE(one->version(), other->version());
  EXPECT_EQ(same->origin().at(0), "MeshTimeout/all");
  EXPECT_FALSE(XdsResource::make(kCluster, "c", cluster("soon")));
}

TEST(XdsResource, KnowsTheEndpointsOfACluster) {
  json with_eds{{"name", "c"}, {"type", "EDS"}};
  EXPECT_EQ(XdsResource::make(kCluster, "c", with_eds).value()->eds_name(), "c");
  with_eds["eds_cluster_config"]["service_name"] = "endpoints";
  EXPECT_EQ(XdsResource::make(kCluster, "c", with_eds).value()->eds_name(), "endpoints");
  EXPECT_EQ(XdsResource::make(kCluster, "c", cluster("1s")).value()->eds_name(), "");
}

TEST(Snapshot, OrdersAndFinds) {
  auto a = XdsResource::placeholder("a", "1"), b = XdsResource::placeholder("b", "1");
  auto later = XdsResource::placeholder("a", "2");
  Snapshot snapshot(7, {{std::string(kCluster), {b, a, later}}});
  EXPECT_THAT(snapshot.of(kCluster), ::testing::ElementsAre(later, b));
  EXPECT_EQ(snapshot.find(kCluster, "b"), b);
  EXPECT_EQ(snapshot.find(kCluster, "c"), nullptr);
  EXPECT_TRUE(snapshot.of("none").empty());
}

TEST(ResourceCache, MakesEachResourceOnce) {
  ResourceCache cache;
  auto one = cache.get(kCluster, "c", cluster("1s")).value();
  EXPECT_EQ(cache.get(kCluster, "c", cluster("1s")).value(), one);
  auto other = cache.get(kCluster, "c", cluster("2s")).value();
  EXPECT_NE(other, one);
  EXPECT_NE(cache.get(kCluster, "c", cluster("1s"), {"policy"}).value(), one);
  EXPECT_FALSE(cache.get(kCluster, "c", cluster("soon")));
  EXPECT_EQ(cache.size(), 2U);
  one.reset();
  for (int i = 0; i < 3000; ++i)
    ASSERT_TRUE(cache.get(kCluster, "c", cluster(std::to_string(i) + "s")));
  EXPECT_EQ(cache.size(), 1U);
}

}  // namespace
}  // namespace clew::mesh::xds
