#include "mesh/resource/resource_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ResourceStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / fmt::format("resource_store_test-{}", ::getpid());
    std::filesystem::create_directories(directory_);
    reopen();
  }
  void TearDown() override {
    store.reset();
    std::filesystem::remove_all(directory_);
  }
  void reopen() {
    store.reset();
    store = ResourceStore::open((directory_ / "mesh.db").string(), Clock::system()).value();
  }
  static std::vector<Resource> resources(std::string_view text) {
    return parse_resources(text, "test").value();
  }

  std::unique_ptr<ResourceStore> store;

 private:
  std::filesystem::path directory_;
};

constexpr char kTrace[] = "{type: MeshTrace, name: t, spec: {default: {sampling: {overall: 1}}}}";

TEST_F(ResourceStoreTest, KeepsWhatWasAppliedOverARestart) {
  auto applied =
      store->apply(resources(std::string("[{type: Mesh, name: default}, ") + kTrace + "]"), "ann");
  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  EXPECT_THAT(*applied, ElementsAre(Change::kCreated, Change::kCreated));
  reopen();
  EXPECT_EQ(store->world()->revision(), 1u);
  ResourcePtr trace = store->world()->find({"MeshTrace", "default", "t"});
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->body["spec"]["default"]["sampling"]["overall"], 1);
  EXPECT_EQ(trace->revision, 1u);
}

TEST_F(ResourceStoreTest, WhatIsThereAlreadyMakesNoNewVersion) {
  ASSERT_TRUE(store->apply(resources("{type: Mesh, name: default}"), "ann"));
  int told = 0;
  store->watch([&](const auto&) { ++told; });
  EXPECT_THAT(*store->apply(resources("{type: Mesh, name: default}"), "bob"),
              ElementsAre(Change::kNone));
  EXPECT_EQ(store->world()->revision(), 1u);
  EXPECT_EQ(told, 0);
}

TEST_F(ResourceStoreTest, WorldsShareWhatDidNotChange) {
  ASSERT_TRUE(store->apply(resources("[{type: Mesh, name: default}, {type: Zone, name: a}]"), "x"));
  auto before = store->world();
  ASSERT_TRUE(store->apply(resources("{type: Zone, name: a, enabled: true}"), "x"));
  auto after = store->world();
  EXPECT_EQ(before->find({"Mesh", "", "default"}), after->find({"Mesh", "", "default"}));
  EXPECT_NE(before->find({"Zone", "", "a"}), after->find({"Zone", "", "a"}));
}

TEST_F(ResourceStoreTest, AllOrNothing) {
  auto refused =
      store->apply(resources("[{type: Zone, name: a}, {type: MeshTrace, mesh: none, name: "
                             "t, spec: {default: {}}}]"),
                   "ann");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("there is no mesh none"));
  EXPECT_TRUE(store->world()->all().empty());
}

TEST_F(ResourceStoreTest, TellsWhoDidWhat) {
  ASSERT_TRUE(store->apply(resources("{type: Zone, name: a}"), "ann"));
  ASSERT_TRUE(store->apply(resources("{type: Zone, name: a, enabled: false}"), "bob"));
  ASSERT_TRUE(store->remove({"Zone", "", "a"}, "eve"));
  auto versions = store->history({"Zone", "", "a"}, 10).value();
  ASSERT_EQ(versions.size(), 3u);
  EXPECT_EQ(versions[0].author, "eve");
  EXPECT_EQ(versions[0].action, "delete");
  EXPECT_EQ(versions[1].action, "update");
  EXPECT_THAT(versions[1].content, HasSubstr("\"enabled\":false"));
  EXPECT_EQ(versions[2].author, "ann");
  EXPECT_EQ(store->history({}, 2).value().size(), 2u);
  reopen();
  EXPECT_EQ(store->world()->revision(), 3u);  // also when the last change has left nothing
}

TEST_F(ResourceStoreTest, TellsWhoDidWhatToTokensAsWell) {
  ASSERT_TRUE(store->apply(resources("{type: Mesh, name: default}"), "ann"));
  ASSERT_TRUE(store->note({"OperatorToken", "", "bob"}, "create", "ann"));
  reopen();
  EXPECT_EQ(store->world()->revision(), 1u);
  auto history = store->history({}, 10).value();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].key.kind + " " + history[0].key.name, "OperatorToken bob");
  EXPECT_EQ(history[0].action + " by " + history[0].author, "create by ann");
  EXPECT_EQ(store->history({"OperatorToken", "", "bob"}, 10).value().size(), 1u);
}

TEST_F(ResourceStoreTest, RefusesToSendSpansOrLogsToACollectorThatIsNotThere) {
  ASSERT_TRUE(store->apply(resources("{type: Mesh, name: default}"), "ann"));
  const std::string backends =
      "{backends: [{type: OpenTelemetry, openTelemetry: {backendRef: {name: c}}}]}";
  auto trace = resources("{type: MeshTrace, name: t, spec: {default: " + backends + "}}");
  auto log =
      resources("{type: MeshAccessLog, name: l, spec: {rules: [{default: " + backends + "}]}}");
  for (const auto& each : {trace, log})
    EXPECT_THAT(store->apply(each, "ann").error().message,
                HasSubstr("there is no MeshOpenTelemetryBackend c"));
  auto collector = [](const std::string& protocol) {
    return resources("{type: MeshOpenTelemetryBackend, name: c, spec: {protocol: " + protocol +
                     ", endpoint: {address: 10.0.0.1}}}");
  };
  auto both = collector("http");
  both.push_back(trace.front());
  EXPECT_TRUE(store->apply(both, "ann"));
  EXPECT_THAT(store->apply(log, "ann").error().message, HasSubstr("takes http"));
  EXPECT_TRUE(store->apply(collector("grpc"), "ann"));
  EXPECT_TRUE(store->apply(log, "ann"));
}

TEST_F(ResourceStoreTest, RefusesAPortThatAServiceDoesNotHave) {
  ASSERT_TRUE(
      store->apply(resources("[{type: Mesh, name: default}, {type: MeshService, name: bare, "
                             "spec: {}}, {type: MeshExternalService, name: out, spec: "
                             "{match: {port: 443}, endpoints: [{address: a, port: 1}]}}]"),
                   "ann"));
  auto route = [](const std::string& ref) {
    return resources(
        "type: MeshHTTPRoute\nname: r\nspec:\n  to:\n  - targetRef: {kind: Mesh}\n    hostnames: "
        "[a.b]\n    rules:\n    - default:\n        filters: [{type: RequestMirror, requestMirror: "
        "{backendRef: {name: bare}}}]\n        backendRefs:\n        - {name: bare}\n        - {" +
        ref + "}\n");
  };
  auto refusal = [&](const std::vector<Resource>& all) {
    auto applied = store->apply(all, "ann");
    return applied ? std::string("taken") : applied.error().message;
  };
  constexpr char kWhere[] =
      "test:12: MeshHTTPRoute r: spec.to[0].rules[0].default.backendRefs[1].port: ";
  EXPECT_EQ(refusal(route("name: shop, port: 80")),
            std::string(kWhere) +
                "there is no MeshService shop that says what its ports are; "
                "apply it first, or leave this out");
  EXPECT_EQ(refusal(route("name: bare, port: 80")),
            std::string(kWhere) + "MeshService bare has no ports; leave this out, or name them");
  EXPECT_EQ(refusal(route("name: out, port: 80")),
            std::string(kWhere) + "MeshExternalService out has the port 443 only");
  auto shop = resources(
      "{type: MeshService, name: shop, spec: {ports: [{port: 80, name: web}, {port: 81}]}}");
  auto both = route("name: shop, port: 82");
  both.push_back(shop.front());
  EXPECT_EQ(refusal(both),
            std::string(kWhere) + "MeshService shop has no port 82; there are 80 (web), 81");
  EXPECT_EQ(refusal(shop), "taken");
  for (const char* ref : {"name: shop, port: 81", "kind: MeshService, name: shop",
                          "name: out, "
                          "port: 443"})
    EXPECT_EQ(refusal(route(ref)), "taken") << ref;
  auto timeout = [](const std::string& section) {
    return resources(
        "{type: MeshTimeout, name: t, spec: {to: [{targetRef: {kind: MeshService, name: "
        "shop, sectionName: " +
        section + "}, default: {idleTimeout: 1s}}]}}");
  };
  EXPECT_EQ(refusal(timeout("web")), "taken");
  EXPECT_EQ(refusal(timeout("\"81\"")), "taken");
  EXPECT_THAT(refusal(timeout("admin")), HasSubstr("spec.to[0].targetRef.sectionName: MeshService "
                                                   "shop has no port admin"));
  auto outbound = resources(
      "{type: Dataplane, name: d, networking: {address: 1.1.1.1, inbound: [{port: 1, tags: "
      "{kuma.io/service: x}}], outbound: [{port: 2, backendRef: {name: shop, port: 83}}]}}");
  EXPECT_THAT(refusal(outbound), HasSubstr("test:1: Dataplane d: networking.outbound[0].backendRef."
                                           "port: MeshService shop has no port 83"));
  EXPECT_EQ(store->world()->find({"MeshService", "default", "shop"})->places, nullptr);
}

/// A shop with the ports 80 (web) and 81 (admin), and what names them.
class ResourceStoreLeftoversTest : public ResourceStoreTest {
 protected:
  void SetUp() override {
    ResourceStoreTest::SetUp();
    apply("{type: Mesh, name: default}");
    apply(kShop);
    apply(
        "{type: MeshExternalService, name: out, spec: {match: {port: 443}, endpoints: [{address: "
        "a, port: 1}]}}");
  }
  void apply(std::string_view text) {
    auto applied = store->apply(resources(text), "ann");
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
  }
  std::string refusal(std::string_view text, const std::set<ResourceKey>& gone = {}) {
    auto applied = store->apply(resources(text), "ann", gone);
    return applied ? "taken" : applied.error().message;
  }
  static std::string outbound(const std::string& ref, const std::string& labels = "") {
    return "{type: Dataplane, name: d, labels: {" + labels +
           "}, networking: {address: 1.1.1.1, inbound: [{port: 1, tags: {kuma.io/service: x}}], "
           "outbound: [{port: 2, backendRef: {" +
           ref + "}}]}}";
  }

  static constexpr char kShop[] =
      "{type: MeshService, name: shop, spec: {ports: [{port: 80, name: web}, {port: 81, name: "
      "admin}]}}";
  static constexpr char kOnlyWeb[] =
      "{type: MeshService, name: shop, spec: {ports: [{port: 80, name: web}]}}";
  static constexpr char kTimeout[] =
      "{type: MeshTimeout, name: t, spec: {to: [{targetRef: {kind: MeshService, name: shop, "
      "sectionName: admin}, default: {idleTimeout: 1s}}]}}";
  static const inline ResourceKey kShopKey{"MeshService", "default", "shop"};
};

TEST_F(ResourceStoreLeftoversTest, APortStaysWhileSomethingNamesIt) {
  apply(outbound("name: shop, port: 81"));
  apply(kTimeout);
  constexpr char kRefusal[] =
      "test:1: MeshService shop: spec.ports: Dataplane d names port 81 in "
      "networking.outbound[0].backendRef.port; change or delete it first, or in the same apply\n"
      "test:1: MeshService shop: spec.ports: MeshTimeout t names port admin in "
      "spec.to[0].targetRef.sectionName; change or delete it first, or in the same apply";
  EXPECT_EQ(refusal(kOnlyWeb), kRefusal);
  EXPECT_EQ(store->plan(resources(kOnlyWeb)).error().message, kRefusal);
  std::string renamed =
      "{type: MeshService, name: shop, spec: {ports: [{port: 80}, {port: 81, name: a}]}}";
  EXPECT_THAT(refusal(renamed), AllOf(HasSubstr("names port admin"), Not(HasSubstr("port 81"))));
  auto removed = store->remove(kShopKey, "ann");
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().code, Code::kInvalid);
  EXPECT_EQ(
      removed.error().message,
      "MeshService shop: Dataplane d names port 81 in networking.outbound[0].backendRef.port; "
      "change or delete it first\nMeshService shop: MeshTimeout t names port admin in "
      "spec.to[0].targetRef.sectionName; change or delete it first");
}

TEST_F(ResourceStoreLeftoversTest, WhatNamesItMayChangeOrGoInTheSameStep) {
  apply(outbound("name: shop, port: 81"));
  EXPECT_EQ(refusal(kOnlyWeb + ("\n---\n" + outbound("name: shop, port: 80"))), "taken");
  apply(kShop);
  apply(kTimeout);
  EXPECT_EQ(refusal(kOnlyWeb, {{"MeshTimeout", "default", "t"}}), "taken");
  EXPECT_EQ(refusal("[]", {kShopKey, {"Dataplane", "default", "d"}}), "taken");
}

TEST_F(ResourceStoreLeftoversTest, APortCannotBeNamedWhileItGoes) {
  EXPECT_THAT(refusal(outbound("name: shop, port: 81"), {kShopKey}),
              HasSubstr("there is no MeshService shop"));
}

TEST_F(ResourceStoreLeftoversTest, AServiceThatIsNamedWithoutAPortMayGo) {
  apply(outbound("name: shop"));
  EXPECT_EQ(refusal(kOnlyWeb), "taken");
  EXPECT_TRUE(store->remove(kShopKey, "ann"));
}

TEST_F(ResourceStoreLeftoversTest, ExternalServicesAreNoOther) {
  apply(outbound("name: out, port: 443"));
  auto external = [](const char* name, int port) {
    return fmt::format(
        "{{type: MeshExternalService, name: {}, spec: {{match: {{port: {}}}, endpoints: "
        "[{{address: "
        "a, port: 1}}]}}}}",
        name, port);
  };
  EXPECT_THAT(
      refusal(external("out", 80)),
      HasSubstr("MeshExternalService out: spec.match.port: Dataplane d names port 443 in "));
  EXPECT_FALSE(store->remove({"MeshExternalService", "default", "out"}, "ann").has_value());
  apply(outbound("name: shop, port: 81"));
  EXPECT_TRUE(store->remove({"MeshExternalService", "default", "out"}, "ann").has_value());
  // One of the same name would take its place.
  EXPECT_THAT(refusal(external("shop", 443)), HasSubstr("Dataplane d names port 81 in "));
}

TEST_F(ResourceStoreLeftoversTest, WhatZonesWroteIsNoReason) {
  apply(outbound("name: shop, port: 81", "kuma.io/origin: zone"));
  EXPECT_EQ(refusal(kOnlyWeb), "taken");
}

TEST_F(ResourceStoreLeftoversTest, WhatNamedNothingBeforeIsNoReason) {
  Replacement with{.put = resources(outbound("name: shop, port: 83"))};
  ASSERT_TRUE(
      store->replace(store->world(), with, "other", [](sqlite3*) { return Result<void>(); }));
  EXPECT_EQ(refusal(kOnlyWeb), "taken");
}

TEST_F(ResourceStoreLeftoversTest, OfVeryManyTheFirstAreTold) {
  std::string all;
  for (int i = 0; i < 25; ++i) {
    std::string one = outbound("name: shop, port: 81");
    all += one.replace(one.find("name: d"), 7, fmt::format("name: d{}", i)) + "\n---\n";
  }
  apply(all);
  std::string told = refusal(kOnlyWeb);
  EXPECT_EQ(std::ranges::count(told, '\n'), 20);
  EXPECT_THAT(told, ::testing::EndsWith("\nand 5 more name ports that would go"));
}

TEST_F(ResourceStoreTest, AsksWhetherWhatIsAppliedIsRight) {
  store->set_check([](const Resource& each) -> Result<void> {
    if (each.key.name == "no") return fail(Code::kInvalid, "not this one");
    return {};
  });
  EXPECT_TRUE(store->apply(resources("{type: Mesh, name: default}"), "ann"));
  auto two = resources("[{type: Zone, name: a}, {type: Zone, name: no}]");
  EXPECT_EQ(store->apply(two, "ann").error().message, "not this one");
  EXPECT_EQ(store->plan(two).error().message, "not this one");
}

TEST_F(ResourceStoreTest, RefusesToRemoveAMeshThatHoldsSomething) {
  ASSERT_TRUE(
      store->apply(resources(std::string("[{type: Mesh, name: default}, ") + kTrace + "]"), "x"));
  EXPECT_THAT(store->remove({"Mesh", "", "default"}, "x").error().message,
              HasSubstr("MeshTrace t"));
  EXPECT_EQ(store->remove({"Mesh", "", "none"}, "x").error().code, Code::kNotFound);
}

TEST(ResourceStoreOpen, SaysWhatItCannotOpen) {
  auto opened = ResourceStore::open("/no/such/folder/mesh.db", Clock::system());
  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message, HasSubstr("/no/such/folder/mesh.db"));
}

}  // namespace
}  // namespace clew::mesh
