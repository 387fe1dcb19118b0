#include "mesh/compose/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

using ::testing::ElementsAre;

World world_of(const char* text) {
  std::vector<Resource> parsed = parse_resources(text, "test").value();
  std::vector<ResourcePtr> all;
  for (Resource& each : parsed) all.push_back(std::make_shared<Resource>(std::move(each)));
  return {1, std::move(all)};
}

TEST(Catalog, OrdersZonesByDistanceAndThoseNowhereLast) {
  World world = world_of(R"([
    {type: Zone, name: was, coordinates: {latitude: 38.9, longitude: -77}},
    {type: Zone, name: fra, coordinates: {latitude: 50.1, longitude: 8.7}},
    {type: Edge, name: ams, coordinates: {latitude: 52.4, longitude: 4.9}},
    {type: Dataplane, name: i1, labels: {kuma.io/zone: was}, networking: {address: 1.1.1.1, gateway:
      {type: INGRESS, listeners: [{port: 1}]}}},
    {type: Dataplane, name: i2, labels: {kuma.io/zone: fra}, networking: {address: 1.1.1.2, gateway:
      {type: INGRESS, listeners: [{port: 1}]}}},
    {type: Dataplane, name: i3, labels: {kuma.io/zone: nowhere}, networking: {address: 1.1.1.3,
      gateway: {type: INGRESS, listeners: [{port: 1}]}}}])");
  Catalog catalog(world, "default");
  EXPECT_THAT(catalog.zones_by_cost("ams", ProxyKind::kEdge), ElementsAre("fra", "was", "nowhere"));
  EXPECT_THAT(catalog.zones_by_cost("was", ProxyKind::kSidecar), ElementsAre("fra", "nowhere"));
}

TEST(Catalog, AMeshServiceGathersWhatItsSelectorSelects) {
  World world = world_of(R"([
    {type: Dataplane, name: a, labels: {app: x}, networking: {address: 1.1.1.1, inbound: [{port: 80,
      tags: {kuma.io/service: shop-v1, version: "1"}}]}},
    {type: Dataplane, name: b, networking: {address: 1.1.1.2, inbound: [{port: 80, state: NotReady,
      tags: {kuma.io/service: shop-v1, version: "2"}}]}},
    {type: MeshService, name: shop, spec: {selector: {dataplaneTags: {
      kuma.io/service: shop-v1}}}}])");
  Catalog catalog(world, "default");
  const Service* shop = catalog.service("shop");
  ASSERT_TRUE(shop);
  ASSERT_EQ(shop->instances.size(), 2u);
  EXPECT_TRUE(shop->instances[0].ready);
  EXPECT_FALSE(shop->instances[1].ready);
  EXPECT_TRUE(shop->runs_in("default"));
  EXPECT_EQ(catalog.service("none"), nullptr);
}

TEST(Catalog, AMeshServiceTakesThoseInboundsThatItsPortsName) {
  World world = world_of(R"([
    {type: Dataplane, name: a, labels: {app: x}, networking: {address: 1.1.1.1, inbound: [
      {port: 80, name: main, tags: {kuma.io/service: shop-v1}}, {port: 81, tags: {kuma.io/service:
      shop-v1}}, {port: 82, tags: {kuma.io/service: admin}}]}},
    {type: MeshService, name: shop, spec: {selector: {dataplaneLabels: {matchLabels: {app: x}}},
      ports: [{port: 8080, targetPort: main}, {port: 82}]}}])");
  Catalog catalog(world, "default");
  const Service* shop = catalog.service("shop");
  ASSERT_TRUE(shop);
  std::vector<int> ports;
  for (const Instance& each : shop->instances) ports.push_back(each.port);
  EXPECT_THAT(ports, ElementsAre(82, 80));
}

}  // namespace
}  // namespace clew::mesh
