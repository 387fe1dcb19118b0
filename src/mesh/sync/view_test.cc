#include "mesh/sync/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mesh/sync/summary.h"

namespace clew::mesh::sync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Party kGlobal{"g", "g", Mode::kGlobal, ""}, kFra{"f", "f", Mode::kZone, "fra"};

ItemPtr item(const std::string& kind, const std::string& name, std::string more = "") {
  std::string mesh = kind == "Mesh" || kind == "Zone" ? "" : "default";
  std::string content = R"({"type":")" + kind + R"(","name":")" + name + "\"";
  if (!mesh.empty()) content += R"(,"mesh":"default")";
  return std::make_shared<const Item>(Item{{kind, mesh, name}, {1, "x"}, content + more + "}"});
}

ItemPtr sidecar(const std::string& name, const std::string& more = "") {
  return item("Dataplane", name,
              R"(,"networking":{"address":"10.0.0.1","inbound":[{"port":1,"tags":)"
              R"({"kuma.io/service":"shop"}}]})" +
                  more);
}

/// A control plane's World, step by step.
class Watched {
 public:
  explicit Watched(const Party& self) : self_(self) {}

  void take(const std::string& scope, std::vector<ItemPtr> items) {
    Step step{.written = std::move(items)};
    Replacement effect = effect_of(self_, *world_, replicas_, scope, step, &problem);
    std::vector<ResourcePtr> all;
    for (const ResourcePtr& each : world_->all())
      if (std::ranges::find(effect.gone, each->key) == effect.gone.end()) all.push_back(each);
    for (const Resource& each : effect.put) all.push_back(std::make_shared<Resource>(each));
    world_ = std::make_shared<World>(1, std::move(all));
    replicas_[scope].apply(step);
  }
  void put(const std::string& kind, const std::string& name) {
    std::vector<ResourcePtr> all(world_->all().begin(), world_->all().end());
    all.push_back(std::make_shared<Resource>(Resource{{kind, "default", name}, {}, {}}));
    world_ = std::make_shared<World>(1, std::move(all));
  }
  std::vector<std::string> names(const std::string& kind) const {
    std::vector<std::string> all;
    for (const ResourcePtr& each : world_->of(kind, kind == "Mesh" ? "" : "default"))
      all.push_back(each->key.name);
    return all;
  }
  const World& world() const { return *world_; }
  std::string problem;

 private:
  const Party self_;
  std::shared_ptr<const World> world_ = std::make_shared<World>();
  Replicas replicas_;
};

TEST(View, HidesWhatIsOfAMeshThatIsNotThere) {
  Watched fra(kFra);
  fra.take("fra", {sidecar("shop-1")});
  EXPECT_THAT(fra.names("Dataplane"), IsEmpty());
  fra.take("", {item("Mesh", "default")});
  EXPECT_THAT(fra.names("Dataplane"), ElementsAre("shop-1"));
  fra.take("", {std::make_shared<const Item>(Item{{"Mesh", "", "default"}, {2, "x"}, ""})});
  EXPECT_THAT(fra.names("Dataplane"), IsEmpty());
  EXPECT_THAT(fra.names("Mesh"), IsEmpty());
}

TEST(View, TellsAZoneOfOthersAndNotOfItself) {
  Watched fra(kFra), global(kGlobal);
  for (Watched* each : {&fra, &global})
    each->take("", {item("Mesh", "default"), item("ZoneService", "fra/shop"),
                    item("ZoneService", "was/shop")});
  EXPECT_THAT(fra.names("ZoneService"), ElementsAre("was/shop"));
  EXPECT_THAT(global.names("ZoneService"), IsEmpty());
}

TEST(View, GivesDataplanesOfSeveralZonesWithOneNameNamesOfTheirOwn) {
  Watched global(kGlobal);
  global.take("", {item("Mesh", "default")});
  global.take("was", {sidecar("shop-1"), sidecar("shop-2")});
  EXPECT_THAT(global.names("Dataplane"), ElementsAre("shop-1", "shop-2"));
  global.take("fra", {sidecar("shop-1")});
  EXPECT_THAT(global.names("Dataplane"), ElementsAre("shop-1", "shop-2", "was/shop-1"));
  EXPECT_EQ(global.world().find({"Dataplane", "default", "shop-1"})->labels.at("kuma.io/zone"),
            "fra");
  EXPECT_TRUE(is_mirrored(*global.world().find({"Dataplane", "default", "was/shop-1"})));
  global.take(
      "fra",
      {std::make_shared<const Item>(Item{{"Dataplane", "default", "shop-1"}, {2, "x"}, ""})});
  EXPECT_THAT(global.names("Dataplane"), ElementsAre("shop-1", "shop-2"));
}

TEST(View, LeavesAnEdgeOfTheGlobalControlPlaneAlone) {
  Watched global(kGlobal);
  global.take("", {item("Mesh", "default")});
  global.put("Dataplane", "edge-1");
  global.take("fra", {sidecar("edge-1")});
  EXPECT_THAT(global.names("Dataplane"), ElementsAre("edge-1", "fra/edge-1"));
  global.take(
      "fra",
      {std::make_shared<const Item>(Item{{"Dataplane", "default", "edge-1"}, {2, "x"}, ""})});
  EXPECT_THAT(global.names("Dataplane"), ElementsAre("edge-1"));
}

TEST(View, DoesNotShowWhatAZoneWroteAndIsNotValid) {
  Watched global(kGlobal);
  global.take("", {item("Mesh", "default")});
  global.take("fra", {sidecar("good"), sidecar("bad", R"(,"networkin":1)"),
                      std::make_shared<const Item>(Item{{"Dataplane", "default", "other"},
                                                        {1, "x"},
                                                        R"({"type":"Mesh","name":"default"})"})});
  EXPECT_THAT(global.names("Dataplane"), ElementsAre("good"));
  EXPECT_THAT(global.problem, HasSubstr("other of fra"));
  global.take("fra", {sidecar("spy", R"(,"labels":{"kuma.io/zone":"was"})")});
  EXPECT_THAT(global.names("Dataplane"), ElementsAre("good"));
  EXPECT_THAT(global.problem, HasSubstr("is in the zone was"));
}

TEST(Scope, SaysWhereSomethingIsToBeWritten) {
  auto read = [](const ItemPtr& item) {
    Resource resource{{item->key.kind, item->key.mesh, item->key.name}, {}, {}};
    resource.body = nlohmann::json::parse(item->content);
    return resource;
  };
  auto admitted = admit(kFra, read(sidecar("shop-1")));
  ASSERT_TRUE(admitted.has_value());
  EXPECT_EQ(admitted->labels.at("kuma.io/zone"), "fra");
  EXPECT_THAT(admit(kFra, read(item("MeshRetry", "all"))).error().message,
              HasSubstr("apply it at the global one"));
  Resource elsewhere = read(sidecar("shop-1"));
  elsewhere.labels["kuma.io/zone"] = "was";
  EXPECT_THAT(admit(kFra, elsewhere).error().message, HasSubstr("apply it at one of was"));
  EXPECT_THAT(admit(kGlobal, elsewhere).error().message, HasSubstr("a control plane of was"));
  EXPECT_TRUE(admit(kGlobal, read(item("MeshRetry", "all"))).has_value());
  EXPECT_TRUE(admit(kGlobal,
                    read(item("Dataplane", "edge", R"(,"networking":{"gateway":{"type":"EDGE"}})")))
                  .has_value());
  EXPECT_TRUE(may_remove(kFra, {"Dataplane", "default", "shop-1"}).has_value());
  EXPECT_FALSE(may_remove(kFra, {"MeshRetry", "default", "all"}).has_value());
}

TEST(Summary, CountsInstancesByZoneAndNamesIngresses) {
  Watched global(kGlobal);
  global.take("", {item("Mesh", "default")});
  global.take("fra", {sidecar("shop-1"), sidecar("shop-2"),
                      item("Dataplane", "in",
                           R"(,"networking":{"address":"192.0.2.7","gateway":{"type":"INGRESS",)"
                           R"("listeners":[{"port":15443,"protocol":"HTTP"}]}})")});
  Contents summary = summary_of(global.world());
  ASSERT_EQ(summary.size(), 2u);
  auto service = nlohmann::json::parse(summary.at({"ZoneService", "default", "fra/shop"}));
  EXPECT_EQ(service["ready"], 2);
  auto ingress = nlohmann::json::parse(summary.at({"ZoneIngress", "default", "fra/in"}));
  EXPECT_EQ(ingress["address"], "192.0.2.7");
  EXPECT_EQ(ingress["port"], 15443);
}

TEST(Summary, CountsEachPortOfAMeshServiceByItself) {
  Watched global(kGlobal);
  global.take("", {item("Mesh", "default"),
                   item("MeshService", "shop", R"(,"spec":{"ports":[{"port":9},{"port":1}]})")});
  global.take("fra", {sidecar("shop-1"), sidecar("shop-2")});
  Contents summary = summary_of(global.world());
  ASSERT_EQ(summary.size(), 1u);
  auto service = nlohmann::json::parse(summary.at({"ZoneService", "default", "fra/shop:1"}));
  EXPECT_EQ(service["service"], "shop:1");
  EXPECT_EQ(service["ready"], 2);
}

}  // namespace
}  // namespace clew::mesh::sync
