#include "mesh/compose/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/resource/json_access.h"
#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

World world_of(const char* text) {
  std::vector<Resource> parsed = parse_resources(text, "test").value();
  std::vector<ResourcePtr> all;
  for (Resource& each : parsed) all.push_back(std::make_shared<Resource>(std::move(each)));
  return {1, std::move(all)};
}

/// The inbounds' ports of a service; nothing if there is none.
std::vector<int> ports_of(const Catalog& catalog, const std::string& service) {
  std::vector<int> ports;
  if (const Service* known = catalog.service(service))
    for (const Instance& each : known->instances) ports.push_back(each.port);
  return ports;
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
  EXPECT_THAT(ports_of(catalog, "shop"), ElementsAre(80));
  EXPECT_THAT(ports_of(catalog, "shop:82"), ElementsAre(82));
}

constexpr char kSeveralPorts[] = R"([
    {type: Dataplane, name: a, networking: {address: 1.1.1.1, inbound: [
      {port: 91, name: main, tags: {kuma.io/service: shop}},
      {port: 92, name: admin, protocol: grpc, tags: {kuma.io/service: shop}},
      {port: 93, tags: {kuma.io/service: shop}}]}},
    {type: Dataplane, name: b, labels: {app: x}, networking: {address: 1.1.1.2, inbound: [
      {port: 92, tags: {kuma.io/service: other}}]}},
    {type: MeshService, name: shop, spec: {selector: {dataplaneLabels: {matchLabels: {app: x}}},
      ports: [{port: 80, targetPort: main, name: web}, {port: 8081, targetPort: 92, name: admin},
        {port: 94, appProtocol: tcp}], capacity: {requestsPerSecond: 5}}},
    {type: MeshExternalService, name: out, spec: {match: {port: 443}, endpoints: [
      {address: 1.1.1.9, port: 443}]}}])";

TEST(Catalog, MakesADestinationOfEachPortOfAMeshService) {
  World world = world_of(kSeveralPorts);
  Catalog catalog(world, "default");
  EXPECT_THAT(ports_of(catalog, "shop"), ElementsAre(91)) << "the first port has its plain name";
  EXPECT_THAT(ports_of(catalog, "shop:8081"), UnorderedElementsAre(92, 92));
  EXPECT_THAT(ports_of(catalog, "other"), ElementsAre(92)) << "whoever selects it as well";
  const Service* last = catalog.service("shop:94");
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->instances.empty());
  EXPECT_EQ(last->protocol, "tcp");
  EXPECT_EQ(catalog.service("shop")->protocol, "http");
  EXPECT_EQ(catalog.service("shop:8081")->known_as(), "shop");
  EXPECT_EQ(catalog.service("shop:8081")->capacity(), 5);
  EXPECT_THAT(catalog.service("shop:8081")->sections, ElementsAre("admin", "8081"));
  EXPECT_EQ(service_of("shop:8081"), "shop");
  EXPECT_EQ(service_of("shop"), "shop");
  EXPECT_EQ(service_of("shop:"), "shop:");
}

TEST(Catalog, FindsThePortThatAReferenceChooses) {
  World world = world_of(kSeveralPorts);
  Catalog catalog(world, "default");
  auto port = [&](const char* name, uint16_t number) { return catalog.destination(name, number); };
  EXPECT_EQ(port("shop", 0), "shop");
  EXPECT_EQ(port("shop", 80), "shop");
  EXPECT_EQ(port("shop", 8081), "shop:8081");
  EXPECT_EQ(port("out", 443), "out");
  // Nobody is there, rather than somebody else.
  for (const auto& name : {port("shop", 91), port("other", 92), port("no", 1), port("out", 80)})
    EXPECT_EQ(catalog.service(name), nullptr) << name;
  auto section = [&](const char* name) { return catalog.destination("shop", std::string(name)); };
  EXPECT_EQ(section(""), "shop");
  EXPECT_EQ(section("web"), "shop");
  EXPECT_EQ(section("admin"), "shop:8081");
  EXPECT_EQ(section("8081"), "shop:8081");
}

TEST(Catalog, TellsWhatThereIsWhereAServiceIsCalledWrong) {
  World world = world_of(kSeveralPorts);
  Catalog catalog(world, "default");
  auto called = [&](const char* name) {
    auto found = service_called(catalog, name);
    return found ? (*found)->name : found.error().message;
  };
  EXPECT_EQ(called("shop"), "shop");
  EXPECT_EQ(called("shop:80"), "shop");
  EXPECT_EQ(called("shop:8081"), "shop:8081");
  EXPECT_EQ(called("out:443"), "out");
  EXPECT_EQ(called("shop:81"),
            "MeshService shop has no port 81; there are 80 (web), 8081 (admin), 94");
  EXPECT_EQ(called("other:92"), "no MeshService other says what its ports are; leave the port out");
  EXPECT_EQ(called("shoop:8081"),
            "mesh default has no service shoop; there are other, out, shop, shop:8081, shop:94");
  EXPECT_EQ(service_called(Catalog(World(), "m"), "shop").error().message,
            "mesh m has no service shop; there are none yet");
}

TEST(Catalog, KnowsTheProtocolOfAPortByWhatItsInboundsSpeak) {
  World world = world_of(R"([
    {type: Dataplane, name: a, networking: {address: 1.1.1.1, inbound: [{port: 80, protocol: grpc,
      tags: {kuma.io/service: shop-v1}}, {port: 81, protocol: tcp, tags: {kuma.io/service: x}}]}},
    {type: MeshService, name: shop, spec: {selector: {dataplaneRef: {name: a}}, ports: [{port: 80},
      {port: 81}]}}])");
  Catalog catalog(world, "default");
  EXPECT_EQ(catalog.service("shop")->protocol, "grpc");
  EXPECT_EQ(catalog.service("shop:81")->protocol, "tcp");
}

/// What the global control plane tells of other zones has names of services as they are here.
TEST(Catalog, KnowsWhichPortsRunInZonesOfOtherControlPlanes) {
  World declared = world_of(kSeveralPorts);
  std::vector<ResourcePtr> all(declared.all().begin(), declared.all().end());
  for (const char* name : {"shop", "shop:8081"}) {
    Json body = {{"zone", "was"}, {"service", name}, {"protocol", "grpc"}, {"ready", 2}};
    all.push_back(std::make_shared<Resource>(
        Resource{{kZoneService, "default", std::string("was/") + name}, {}, body, 1}));
  }
  Catalog catalog(World(2, std::move(all)), "default");
  for (const char* name : {"shop", "shop:8081"}) {
    const Service* service = catalog.service(name);
    ASSERT_TRUE(service) << name;
    EXPECT_TRUE(service->runs_in("was")) << name;
    EXPECT_EQ(service->known_as(), "shop");
  }
  EXPECT_FALSE(catalog.service("shop:94")->runs_in("was"));
}

TEST(Catalog, LetsTwoMeshServicesHaveTheSameInstances) {
  World world = world_of(R"([
    {type: Dataplane, name: a, labels: {app: x}, networking: {address: 1.1.1.1, inbound: [{port: 80,
      tags: {kuma.io/service: shop}}]}},
    {type: MeshService, name: shop, spec: {}},
    {type: MeshService, name: zoo, spec: {selector: {dataplaneLabels: {matchLabels: {app:
      x}}}}}])");
  Catalog catalog(world, "default");
  EXPECT_THAT(ports_of(catalog, "shop"), ElementsAre(80));
  EXPECT_THAT(ports_of(catalog, "zoo"), ElementsAre(80));
}

}  // namespace
}  // namespace clew::mesh
