#include "mesh/control/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "mesh/compose/world_changes.h"
#include "mesh/control/diff.h"
#include "mesh/envoy_api/envoy_api.h"
#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

std::vector<Resource> read(const std::string& text) {
  return parse_resources(text, "test").value();
}

/// The mesh of a golden case, and Worlds after it.
class PlannerTest : public ::testing::Test {
 protected:
  PlannerTest() {
    std::ifstream in("test/data/mesh/strict/resources.json");
    change(read({std::istreambuf_iterator<char>(in), {}}));
  }

  /// The World with these in place of those of the same keys.
  void change(const std::vector<Resource>& resources) {
    std::vector<ResourcePtr> all(world->all().begin(), world->all().end());
    for (const Resource& each : resources) all.push_back(std::make_shared<Resource>(each));
    world = std::make_shared<World>(world->revision() + 1, std::move(all));
  }
  void remove(const ResourceKey& key) {
    std::vector<ResourcePtr> all;
    for (const ResourcePtr& each : world->all())
      if (each->key != key) all.push_back(each);
    world = std::make_shared<World>(world->revision() + 1, std::move(all));
  }
  void plan() {
    planner.update(world);
    planner.wait_until_idle();
  }
  Result<std::vector<Draft>> secrets() const {
    if (without_secrets) return fail(Code::kUnavailable, "no authority");
    return std::vector<Draft>{};
  }
  uint64_t revision(const char* proxy) const {
    auto state = server.state(std::string("default.") + proxy);
    return state ? state->revision : 0;
  }

  std::shared_ptr<const World> world = std::make_shared<World>();
  bool without_secrets = false;
  xds::XdsServer server{{}};
  Planner planner{server, [this](const ProxyConfig&) { return secrets(); }};
};

constexpr char kCart2[] =
    "{type: Dataplane, name: cart-2, labels: {kuma.io/zone: fra}, networking: {address: 127.0.0.1, "
    "inbound: [{port: 15012, servicePort: 8012, tags: {kuma.io/service: cart, kuma.io/protocol: "
    "http}}]}}";

TEST_F(PlannerTest, AnEndpointReachesThoseWhoUseTheServiceAndNobodyElse) {
  plan();
  EXPECT_EQ(revision("cart-fra"), 1u);
  change(read(kCart2));
  plan();
  EXPECT_EQ(revision("frontend-fra"), 2u);  // it calls cart
  EXPECT_EQ(revision("ingress-fra"), 2u);
  EXPECT_EQ(revision("cart-2"), 2u);
  EXPECT_EQ(revision("frontend-was"), 1u);
  EXPECT_EQ(revision("cart-fra"), 1u);
  EXPECT_EQ(revision("edge-ams"), 1u);  // routes to frontend only
}

TEST_F(PlannerTest, APolicyReachesWhomItSaysSomethingNew) {
  plan();
  change(
      read("{type: MeshTimeout, name: t, spec: {to: [{targetRef: {kind: Mesh}, default: "
           "{connectionTimeout: 1s}}]}}"));
  plan();
  for (const char* proxy : {"frontend-fra", "ingress-was", "edge-ams"})
    EXPECT_EQ(revision(proxy), 2u) << proxy;
  EXPECT_EQ(revision("cart-fra"), 1u);  // it sends nothing
}

TEST_F(PlannerTest, AServiceThatComesToAZoneReachesItsIngressAndEdges) {
  plan();
  change(
      read("{type: Dataplane, name: cart-was, labels: {kuma.io/zone: was}, networking: {address: "
           "127.0.0.1, inbound: [{port: 15102, tags: {kuma.io/service: cart}}]}}"));
  plan();
  EXPECT_EQ(revision("ingress-was"), 2u);
  auto config = planner.config("default.ingress-was");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->services, ::testing::Contains("cart"));
  EXPECT_EQ(revision("frontend-fra"), 2u);  // it may fail over now
  EXPECT_EQ(revision("redis-was"), 1u);
}

TEST_F(PlannerTest, ARoutingReachesTheEdgesThatItIsAbout) {
  plan();
  auto before = planner.config("default.edge-ams");
  auto routing = std::make_shared<Routing>();
  routing->edges = {{"nyc", {{"was"}, {"fra"}}}};
  planner.update_routing(routing);
  planner.wait_until_idle();
  EXPECT_EQ(revision("edge-ams"), 1u);
  routing = std::make_shared<Routing>(*routing);
  routing->edges["ams"] = {{"was"}, {"fra"}};
  planner.update_routing(routing);
  planner.wait_until_idle();
  EXPECT_GT(revision("edge-ams"), 1u);
  EXPECT_EQ(revision("frontend-fra"), 1u);
  auto after = planner.config("default.edge-ams");
  ASSERT_EQ(before->of_services.size(), after->of_services.size());
  for (size_t i = 0; i < before->of_services.size(); ++i) {
    bool same = before->of_services[i].resource == after->of_services[i].resource;
    EXPECT_EQ(same, before->of_services[i].type != PieceType::kEndpoints);
  }
  // It is kept when the World changes.
  change(read(kCart2));
  plan();
  EXPECT_EQ(planner.config("default.edge-ams")->of_services.back().resource,
            after->of_services.back().resource);
}

TEST_F(PlannerTest, WhatIsGoneIsForgotten) {
  plan();
  remove({"Dataplane", "default", "cart-fra"});
  plan();
  EXPECT_FALSE(server.state("default.cart-fra"));
  EXPECT_FALSE(planner.config("default.cart-fra"));
  EXPECT_EQ(revision("frontend-fra"), 2u);
}

TEST_F(PlannerTest, KeepsWhatAProxyHasWhileItsSecretsCannotBeMade) {
  plan();
  without_secrets = true;
  planner.renew_secrets({});
  planner.wait_until_idle();
  EXPECT_EQ(revision("cart-fra"), 1u);
  EXPECT_EQ(planner.problem("default.cart-fra"), "no authority");
  without_secrets = false;
  planner.renew_secrets({"spiffe://default/cart"});
  planner.wait_until_idle();
  EXPECT_EQ(planner.problem("default.cart-fra"), "");
  EXPECT_EQ(planner.problem("default.frontend-fra"), "no authority");
  EXPECT_EQ(revision("cart-fra"), 3u);
}

TEST_F(PlannerTest, NewSecretsDoNotBringBackWhatAProxyHadBefore) {
  std::mutex gate;
  std::atomic<int> made = 0;
  Planner held(server, [&](const ProxyConfig&) {
    ++made;
    std::lock_guard passed(gate);
    return std::vector<Draft>{};
  });
  held.update(world);
  held.wait_until_idle();
  auto before = held.config("default.ingress-fra");
  change(read(kCart2));
  {
    std::lock_guard closed(gate);
    const int so_far = made;
    held.renew_secrets({});
    while (made == so_far) std::this_thread::yield();
    // Now it is held up, and takes both of these at once.
    held.update(world);
    held.renew_secrets({});
  }
  held.wait_until_idle();
  EXPECT_NE(held.config("default.ingress-fra"), before);
}

TEST_F(PlannerTest, DiffSaysWhoWouldGetWhat) {
  Json changes = diff(world, read(kCart2));
  EXPECT_EQ(changes["by_kind"], Json({{"sidecar", 2}, {"ingress", 1}}));
  for (const Json& proxy : changes["proxies"]) {
    if (proxy["name"] != "frontend-fra") continue;
    EXPECT_EQ(
        proxy["changes"],
        Json::array(
            {{{"type", "endpoints"}, {"name", "cart"}, {"change", "changed"}, {"drains", false}}}));
  }
}

/// What is wrong with what the planner has for the proxies, beside what a composer that knows
/// nothing of the past makes of the World; empty if nothing is.
std::string differences(const Planner& planner, const std::shared_ptr<const World>& world) {
  xds::ResourceCache cache;
  Composer composer(world, "default", cache);
  std::string text;
  for (const ResourcePtr& dataplane : world->of("Dataplane", "default")) {
    auto have = planner.config(proxy_id(dataplane->key));
    auto want = composer.compose(dataplane).value();
    auto pieces = have->pieces(), wanted = want.pieces();
    if (have->mtls != want.mtls || have->trusted != want.trusted) text += "mtls ";
    bool same = std::ranges::equal(pieces, wanted, [](const Piece& a, const Piece& b) {
      return a.type == b.type && a.name() == b.name() &&
             a.resource->version() == b.resource->version() &&
             a.resource->origin() == b.resource->origin();
    });
    if (!same) text += dataplane->key.name + " ";
  }
  return text;
}

/// Every change of every golden case, one after the other: each resource goes, comes back, and
/// comes back otherwise.
TEST(Planner, HasAfterAnyChangeWhatItWouldHaveFromNothing) {
  namespace fs = std::filesystem;
  int changes = 0;
  for (const auto& entry : fs::directory_iterator("test/data/mesh")) {
    std::ifstream in(entry.path() / "resources.json");
    std::vector<ResourcePtr> all;
    for (const Resource& each : read({std::istreambuf_iterator<char>(in), {}}))
      all.push_back(std::make_shared<Resource>(each));
    xds::XdsServer server{{}};
    Planner planner(server, [](const ProxyConfig&) { return std::vector<Draft>{}; });
    uint64_t revision = 0;
    auto plan = [&](const std::vector<ResourcePtr>& resources, const std::string& what) {
      auto world = std::make_shared<World>(++revision, resources);
      planner.update(world);
      planner.wait_until_idle();
      EXPECT_EQ(differences(planner, world), "") << entry.path() << ": " << what;
      ++changes;
    };
    plan(all, "all");
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i]->key.kind == "Mesh") continue;
      std::string name = all[i]->key.kind + " " + all[i]->key.name;
      auto without = all;
      without.erase(without.begin() + static_cast<ptrdiff_t>(i));
      plan(without, "without " + name);
      auto changed = std::make_shared<Resource>(*all[i]);
      Json& body = changed->body;
      if (body.contains("spec")) body["spec"].erase("targetRef");
      changed->labels["kuma.io/zone"] = "was";
      without.push_back(changed);
      plan(without, "with another " + name);
      plan(all, "with " + name);
    }
  }
  EXPECT_GT(changes, 250);
}

/// A MeshTrace of one target; `more` is of its spec.default.
std::string trace_of(const std::string& name, const std::string& target, const std::string& more) {
  return "{type: MeshTrace, name: " + name + ", spec: {targetRef: {" + target + "}, default: {" +
         more + "}}}";
}

TEST_F(PlannerTest, ATraceOfOneServiceMakesItsHostsAnewAndNoOthers) {
  auto hosts = [&] {
    std::map<std::string, xds::XdsResourcePtr> found;
    for (const Piece& piece : planner.config("default.edge-ams")->pieces())
      if (piece.type == PieceType::kHost) found[piece.name()] = piece.resource;
    return found;
  };
  auto after = [&](const std::string& text) {
    auto before = hosts();
    change(read(text));
    plan();
    EXPECT_EQ(differences(planner, world), "") << text;
    std::vector<std::string> anew;
    for (const auto& [name, resource] : hosts())
      if (before[name] != resource) anew.push_back(name);
    return anew;
  };
  auto route = [](const std::string& host, const std::string& service) {
    return "{type: MeshHTTPRoute, name: to-" + service +
           ", spec: {targetRef: {kind: MeshGateway}, to: [{targetRef: {kind: Mesh}, hostnames: [" +
           host + "], rules: [{default: {backendRefs: [{kind: MeshService, name: " + service +
           "}]}}]}]}}";
  };
  plan();
  constexpr char kBackend[] =
      "backends: [{type: OpenTelemetry, openTelemetry: {endpoint: \"127.0.0.1:4317\"}}]";
  constexpr char kCart[] = "kind: MeshService, name: cart";
  constexpr char kEdges[] = "kind: MeshService, name: clew-edge";
  constexpr char kRoute[] = "kind: MeshHTTPRoute, name: to-cart";
  using ::testing::ElementsAre;
  auto is_cart = ElementsAre("edge/cart.com");
  EXPECT_THAT(after(route("cart.com", "cart")), is_cart);
  EXPECT_THAT(after(route("no.com", "nobody")), ElementsAre("edge/no.com"));
  after(trace_of("m", "kind: Mesh", kBackend));
  EXPECT_THAT(after(trace_of("app", kCart, "sampling: {overall: 0}")), is_cart);
  EXPECT_THAT(after(trace_of("app", kCart, "sampling: {overall: 50}")), is_cart);
  EXPECT_THAT(after(trace_of("route", kRoute, "tags: [{name: a, literal: b}]")), is_cart);
  EXPECT_THAT(after(trace_of("route", kRoute, "tags: [{name: a, literal: c}]")), is_cart);
  // What selects the edges themselves is of all their hosts that say something of tracing.
  auto both = ElementsAre("edge/cart.com", "edge/shop.example.com");
  EXPECT_THAT(after(trace_of("e", kEdges, "sampling: {random: 7}")), both);
  EXPECT_THAT(after(trace_of("e", kEdges, "sampling: {random: 8}")), both);
  EXPECT_THAT(after(trace_of("a", "kind: MeshGateway", "sampling: {client: 1}")), both);
  for (const char* name : {"app", "e", "route", "m"}) {
    remove({"MeshTrace", "default", name});
    plan();
    EXPECT_EQ(differences(planner, world), "") << name;
  }
}

TEST_F(PlannerTest, ATimeoutChangesRoutesOrClustersOrListenersAsItSays) {
  plan();
  auto changed = [&](const std::string& conf) {
    auto versions = [&] {
      std::map<std::string, std::string> found;
      for (const Piece& piece : planner.config("default.frontend-fra")->pieces())
        found[std::string(name_of(piece.type)) + " " + piece.name()] = piece.resource->version();
      return found;
    };
    auto before = versions();
    change(read("{type: MeshTimeout, name: t, spec: {to: [{targetRef: {kind: Mesh}, default: " +
                conf + "}]}}"));
    plan();
    EXPECT_EQ(differences(planner, world), "") << conf;
    std::set<std::string> names;
    for (const auto& [name, version] : versions())
      if (before[name] != version) names.insert(name);
    return names;
  };
  using Names = std::set<std::string>;
  const Names clusters = {"cluster cart", "cluster redis"};
  const Names routes = {"routes outbound:127.0.0.1:16001"};
  const Names redis = {"cluster cart", "listener outbound:127.0.0.1:16002"};
  EXPECT_EQ(changed("{connectionTimeout: 1s, http: {requestTimeout: 9s}}").size(), 3u);
  EXPECT_EQ(changed("{connectionTimeout: 2s, http: {requestTimeout: 9s}}"), clusters);
  EXPECT_EQ(changed("{connectionTimeout: 2s, http: {requestTimeout: 8s}}"), routes);
  EXPECT_EQ(changed("{connectionTimeout: 2s, http: {requestTimeout: 8s}, idleTimeout: 3s}"), redis);
  EXPECT_EQ(changed("{connectionTimeout: 2s, http: {requestTimeout: 8s}, idleTimeout: 4s}"), redis);
  EXPECT_EQ(changed("{connectionTimeout: 2s, http: {requestTimeout: 8s}}"), redis);
}

TEST_F(PlannerTest, DiffTellsOfAuthoritiesThatAreTrusted) {
  auto trust = read(
      "{type: MeshTrust, name: t, spec: {trustDomain: default, caBundles: [{type: Pem, pem: "
      "{value: x}}]}}");
  Json told = diff(world, trust);
  ASSERT_FALSE(told["proxies"].empty());
  for (const Json& proxy : told["proxies"]) {
    ASSERT_EQ(proxy["changes"].size(), 1u) << proxy;
    EXPECT_EQ(proxy["changes"][0]["type"], "secret");
    EXPECT_EQ(proxy["changes"][0]["drains"], false);
  }
}

TEST(ProxyId, IsWhatKumaCallsIt) {
  EXPECT_EQ(proxy_id({"Dataplane", "default", "a.b"}), "default.a.b");
  EXPECT_EQ(dataplane_of("default.a.b"), (ResourceKey{"Dataplane", "default", "a.b"}));
  EXPECT_FALSE(dataplane_of("x"));
  EXPECT_FALSE(dataplane_of(".x"));
}

}  // namespace
}  // namespace clew::mesh
