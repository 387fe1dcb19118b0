// Golden configurations: test/data/mesh/<case>/resources.json and what each of its proxies gets.
// CLEW_UPDATE_GOLDEN=1 writes them anew; test/test_mesh_config.py has Envoy look at them.
#include "mesh/compose/composer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "mesh/envoy_api/envoy_api.h"
#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

namespace fs = std::filesystem;

constexpr char kCases[] = "test/data/mesh";

xds::ResourceCache cache;

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::shared_ptr<const World> world_of(const fs::path& file) {
  auto parsed = parse_resources(content_of(file), file.string());
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  std::vector<ResourcePtr> resources;
  for (Resource& each : *parsed) resources.push_back(std::make_shared<Resource>(std::move(each)));
  return std::make_shared<World>(1, std::move(resources));
}

Json body_of(const Piece& piece) {
  return envoy_api::json_of(type_url_of(piece.type), piece.resource->message()).value();
}

std::string text_of(const ProxyConfig& config) {
  Json pieces = Json::array();
  for (const Piece& piece : config.pieces())
    pieces.push_back({{"type", name_of(piece.type)},
                      {"body", body_of(piece)},
                      {"from", piece.resource->origin()}});
  Json all = {{"identity", config.identity}, {"mtls", config.mtls}, {"resources", pieces}};
  return all.dump(1) + "\n";
}

TEST(Composer, GivesEveryProxyItsGoldenConfiguration) {
  bool update = std::getenv("CLEW_UPDATE_GOLDEN") != nullptr;
  int proxies = 0;
  for (const auto& entry : fs::directory_iterator(kCases)) {
    auto world = world_of(entry.path() / "resources.json");
    Composer composer(world, "default", cache);
    for (const ResourcePtr& dataplane : world->of("Dataplane", "default")) {
      fs::path file = entry.path() / (dataplane->key.name + ".json");
      auto config = composer.compose(dataplane);
      ASSERT_TRUE(config.has_value()) << file << ": " << config.error().message;
      std::string text = text_of(*config);
      if (update) std::ofstream(file) << text;
      EXPECT_EQ(content_of(file), text) << file;
      ++proxies;
    }
  }
  EXPECT_GT(proxies, 30);
}

/// What is made once for many holds for each of them: as if nobody had come before.
TEST(Composer, GivesAProxyTheSameWhoeverWasComposedBefore) {
  for (const auto& entry : fs::directory_iterator(kCases)) {
    auto world = world_of(entry.path() / "resources.json");
    Composer composer(world, "default", cache);
    for (const ResourcePtr& dataplane : world->of("Dataplane", "default")) {
      auto known = composer.compose(dataplane).value();
      std::string alone = text_of(Composer(world, "default", cache).compose(dataplane).value());
      EXPECT_EQ(text_of(known), alone) << entry.path() << dataplane->key.name;
      auto again = composer.compose(dataplane, &known).value();
      EXPECT_TRUE(std::ranges::equal(known.own, again.own, {}, &Piece::resource, &Piece::resource))
          << "what is the same is not sent again";
    }
  }
}

/// The case "plain" with these as well.
std::shared_ptr<const World> with_policies(const std::string& more, const char* in = "plain") {
  auto parsed = parse_resources(content_of(fs::path(kCases) / in / "resources.json"), in);
  auto policies = parse_resources(more, "more");
  EXPECT_TRUE(policies.has_value()) << policies.error().message;
  std::vector<ResourcePtr> all;
  for (auto* list : {&*parsed, &*policies})
    for (Resource& each : *list) all.push_back(std::make_shared<Resource>(std::move(each)));
  return std::make_shared<World>(1, std::move(all));
}

/// A sidecar of the service "shop" that sends to "cart", with what tells it from others.
std::string sidecar_text(const std::string& name, const std::string& zone, const std::string& vm) {
  return "{type: Dataplane, name: " + name + ", microVM: " + vm +
         ", labels: {kuma.io/zone: " + zone + "}, networking: {address: 10.0.0." +
         std::to_string(name.size()) +
         ", inbound: [{port: 80, tags: {kuma.io/service: shop}}], "
         "outbound: [{port: 10001, tags: {kuma.io/service: cart}}]}}\n---\n";
}

TEST(Composer, MakesListenersOfAllSidecarsFromOneForm) {
  auto world = with_policies(
      "{type: MeshTrace, name: every, spec: {default: {backends: [{type: OpenTelemetry, "
      "openTelemetry: {endpoint: \"127.0.0.1:4317\"}}]}}}\n---\n" +
      sidecar_text("one-1", "fra", "vm-1") + sidecar_text("two-2", "was", "vm-2") +
      sidecar_text("three", "ams", "vm-33"));
  Composer composer(world, "default", cache);
  auto tags_of = [&](const std::string& name) {
    Json tags = Json::object();
    auto config = composer.compose(world->find({"Dataplane", "default", name})).value();
    for (const Piece& piece : config.own) {
      if (piece.name() != "outbound:127.0.0.1:10001") continue;
      Json listener = body_of(piece);
      EXPECT_EQ(piece.resource->origin()[0], "Dataplane " + name);
      for (const Json& tag :
           listener["filter_chains"][0]["filters"][0]["typed_config"]["tracing"]["custom_tags"])
        if (tag.contains("literal")) tags[tag["tag"]] = tag["literal"]["value"];
    }
    return tags;
  };
  for (const auto& [name, zone, vm] :
       {std::tuple("one-1", "fra", "vm-1"), {"two-2", "was", "vm-2"}, {"three", "ams", "vm-33"}}) {
    Json tags = tags_of(name);
    EXPECT_EQ(tags["node"], name);
    EXPECT_EQ(tags["core_location"], zone);
    EXPECT_EQ(tags["microvm.id"], vm);
  }
}

TEST(Composer, SendsAnEdgeToTheNearestZoneFirst) {
  auto world = world_of(fs::path(kCases) / "plain" / "resources.json");
  Composer composer(world, "default", cache);
  Proxy edge = proxy_of(world->find({"Dataplane", "default", "edge-ams"}));
  Json frontend = body_of(composer.endpoints("frontend", edge).value());
  const Json& localities = frontend["endpoints"];
  ASSERT_EQ(localities.size(), 2u);
  EXPECT_EQ(localities[0]["locality"]["zone"], "fra");
  EXPECT_EQ(localities[0]["lb_endpoints"][0]["metadata"]["filter_metadata"]["clew"]["reason"],
            "nearest");
  EXPECT_EQ(localities[1]["locality"]["zone"], "was");
  EXPECT_EQ(localities[1]["priority"], 1);
}

TEST(Composer, LeavesOutInstancesThatAreNotReady) {
  auto parsed = parse_resources(
      "{type: Mesh, name: default}\n---\n{type: Zone, name: fra}\n---\n"
      "{type: Dataplane, name: a, labels: {kuma.io/zone: fra}, networking: {address: 1.1.1.1, "
      "inbound: [{port: 80, tags: {kuma.io/service: shop}}]}}\n---\n"
      "{type: Dataplane, name: b, labels: {kuma.io/zone: fra}, networking: {address: 1.1.1.2, "
      "inbound: [{port: 80, state: NotReady, tags: {kuma.io/service: shop}}]}}\n",
      "two");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  std::vector<ResourcePtr> resources;
  for (Resource& each : *parsed) resources.push_back(std::make_shared<Resource>(std::move(each)));
  auto world = std::make_shared<World>(1, std::move(resources));
  Composer composer(world, "default", cache);
  Proxy caller = proxy_of(world->find({"Dataplane", "default", "a"}));
  Json shop = body_of(composer.endpoints("shop", caller).value());
  ASSERT_EQ(shop["endpoints"].size(), 1u);
  const Json& members = shop["endpoints"][0]["lb_endpoints"];
  ASSERT_EQ(members.size(), 1u);
  EXPECT_EQ(members[0]["endpoint"]["address"]["socket_address"]["address"], "1.1.1.1");
}

/// The case "plain" with a MeshTrace of all proxies, whose sampling is given.
std::shared_ptr<const World> traced_world(const std::string& sampling) {
  auto parsed = parse_resources(content_of(fs::path(kCases) / "plain" / "resources.json"), "plain");
  auto trace = parse_resources(
      "{type: MeshTrace, name: all, spec: {targetRef: {kind: Mesh}, default: {sampling: " +
          sampling +
          ", backends: [{type: OpenTelemetry, openTelemetry: {endpoint: \"127.0.0.1:4317\"}}]}}}",
      "trace");
  std::vector<ResourcePtr> all;
  for (auto* list : {&parsed.value(), &trace.value()})
    for (Resource& each : *list)
      if (each.key.kind != "MeshTrace" || list == &*trace)
        all.push_back(std::make_shared<Resource>(std::move(each)));
  return std::make_shared<World>(1, std::move(all));
}

/// What a proxy of that world gets, by type and name, with a debug key or without.
std::map<std::pair<std::string, std::string>, Json> pieces_with(const std::string& sampling,
                                                                const std::string& proxy,
                                                                const std::string& debug_keys) {
  auto world = traced_world(sampling);
  Composer composer(world, "default", cache, debug_keys);
  auto config = composer.compose(world->find({"Dataplane", "default", proxy}));
  EXPECT_TRUE(config.has_value()) << config.error().message;
  std::map<std::pair<std::string, std::string>, Json> all;
  for (const Piece& piece : config->pieces())
    all[{name_of(piece.type), piece.name()}] = body_of(piece);
  return all;
}

TEST(Composer, HasAnEdgeWithAKeyTakeDebugTokens) {
  auto with = pieces_with("{overall: 0}", "edge-ams", "{}");
  auto without = pieces_with("{overall: 0}", "edge-ams", "");
  EXPECT_FALSE(without.contains({"listener", "edge:debug"}));
  ASSERT_TRUE(with.contains({"cluster", "edge:debug"}));
  const Json& manager =
      with[{"listener", "edge:debug"}]["filter_chains"][0]["filters"][0]["typed_config"];
  EXPECT_EQ(manager["rds"]["route_config_name"], "edge");
  EXPECT_EQ(manager["tracing"]["overall_sampling"]["value"], 100);
  int hosts = 0;
  for (const auto& [key, host] : with) {
    if (key.first != "host") continue;
    ++hosts;
    EXPECT_EQ(host["routes"][0]["match"]["headers"][0]["string_match"]["exact"],
              host["domains"][0]);
    EXPECT_EQ(host["routes"][0]["route"]["cluster"], "edge:debug");
    EXPECT_EQ(host["routes"][1]["match"]["headers"][0]["name"], "x-clew-debug");
    EXPECT_EQ(host["routes"][1]["direct_response"]["status"], 403);
  }
  EXPECT_EQ(hosts, 2);
  // Hosts come and go without a change of the public listener.
  for (const auto& [key, body] : with) {
    bool of_listener = key.first == "listener";
    EXPECT_FALSE(of_listener && body.dump().find("shop.example.com") != std::string::npos);
  }
}

TEST(Composer, HasProxiesBehindAnEdgeFollowTheTraceContext) {
  auto manager = [](const std::string& sampling) {
    Json listener =
        pieces_with(sampling, "ingress-fra", "")[{"listener", "ingress:127.0.0.1:15443"}];
    return listener["filter_chains"][0]["filters"][0]["typed_config"];
  };
  auto sampler = [](const Json& manager) {
    return manager["tracing"]["provider"]["typed_config"].value("sampler", Json());
  };
  Json all = manager("{overall: 100}"), some = manager("{overall: 10, random: 50}");
  EXPECT_FALSE(all.contains("request_id_extension"));
  EXPECT_TRUE(sampler(all).is_null());
  EXPECT_EQ(some["request_id_extension"]["typed_config"]["use_request_id_for_trace_sampling"],
            false);
  Json of_roots = sampler(some)["typed_config"]["wrapped_sampler"]["typed_config"];
  EXPECT_EQ(of_roots["sampling_percentage"]["numerator"], 500);  // of 10,000
}

TEST(Composer, TagsOfOneServiceLeaveItsSamplingAlone) {
  auto world = with_policies(
      "[{type: MeshTrace, name: all, spec: {targetRef: {kind: Mesh}, default: {sampling: {random: "
      "5}, "
      "backends: [{type: OpenTelemetry, openTelemetry: {endpoint: \"127.0.0.1:4317\"}}]}}},"
      "{type: MeshTrace, name: app, spec: {targetRef: {kind: MeshService, name: frontend}, "
      "default: "
      "{tags: [{name: a, literal: b}], spanName: {server: the app}}}}]");
  Composer composer(world, "default", cache);
  auto config = composer.compose(world->find({"Dataplane", "default", "edge-ams"}));
  ASSERT_TRUE(config.has_value());
  auto pieces = config->pieces();
  auto host = std::ranges::find(pieces, "edge/shop.example.com", &Piece::name);
  ASSERT_NE(host, pieces.end());
  Json tracing = body_of(*host)["routes"][0]["tracing"];
  EXPECT_EQ(tracing["random_sampling"]["numerator"], 500) << tracing;
  EXPECT_EQ(tracing["custom_tags"][0]["tag"], "a");
  EXPECT_EQ(tracing["operation"], "the app");
}

TEST(Composer, ChangesOneHostOfAnEdgeWhenTracingOfItsAppChanges) {
  auto pieces_of = [](const std::string& sampling) {
    auto world = with_policies(
        "[{type: MeshTrace, name: all, spec: {targetRef: {kind: Mesh}, default: {backends: "
        "[{type: OpenTelemetry, openTelemetry: {endpoint: \"127.0.0.1:4317\"}}]}}},"
        "{type: MeshTrace, name: app, spec: {targetRef: {kind: MeshService, name: frontend}, "
        "default: {sampling: {overall: " +
        sampling + "}}}}]");
    Composer composer(world, "default", cache);
    return composer.compose(world->find({"Dataplane", "default", "edge-ams"})).value().pieces();
  };
  auto before = pieces_of("0"), after = pieces_of("100");
  std::vector<std::string> changed;
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i)
    if (before[i].resource->version() != after[i].resource->version())
      changed.push_back(before[i].name());
  EXPECT_EQ(changed, std::vector<std::string>{"edge/shop.example.com"});
}

/// The case "ports" has a MeshTrace of all ports: what is said of one holds over it, there only.
TEST(Composer, ChangesOneHostOfAnEdgeWhenTracingOfOnePortChanges) {
  auto pieces_of = [](const std::string& more) {
    auto world = with_policies(more, "ports");
    Composer composer(world, "default", cache);
    std::map<std::string, Json> pieces;
    for (const char* name : {"edge-ams", "shop-fra", "client-fra"})
      for (const Piece& piece :
           composer.compose(world->find({"Dataplane", "default", name})).value().pieces())
        pieces[fmt::format("{} {} {}", name, name_of(piece.type), piece.name())] = body_of(piece);
    return pieces;
  };
  auto before = pieces_of("{type: Zone, name: lon}");
  auto after = pieces_of(
      "{type: MeshTrace, name: port, spec: {targetRef: {kind: MeshService, name: shop, "
      "sectionName: admin}, default: {sampling: {overall: 7}}}}");
  std::vector<std::string> changed;
  for (const auto& [name, body] : after)
    if (before.at(name) != body) changed.push_back(name);
  const std::string host = "edge-ams host edge/admin.example.com";
  EXPECT_EQ(changed, std::vector<std::string>{host});
  auto overall = [&](const Json& piece) {
    return piece["routes"][0]["tracing"]["overall_sampling"]["numerator"];
  };
  EXPECT_EQ(overall(before.at(host)), 1000);
  EXPECT_EQ(overall(after.at(host)), 700);
}

TEST(Composer, GivesAnEdgeHttp3BesideTheSameOverTcp) {
  Json tls = {{"certificates", Json::array({{{"certificateFile", "a"}, {"keyFile", "b"}}})}};
  Json listeners =
      Json::array({{{"port", 443}, {"protocol", "HTTPS"}, {"http3", true}, {"tls", std::move(tls)}},
                   {{"port", 80}, {"protocol", "HTTP"}, {"http3", true}}});
  Json body = {{"networking", {{"gateway", {{"type", "EDGE"}, {"listeners", listeners}}}}}};
  auto edge = std::make_shared<Resource>(Resource{{"Dataplane", "default", "edge"}, {}, body, 1});
  Composer composer(std::make_shared<World>(1, std::vector<ResourcePtr>{edge}), "default", cache);
  std::vector<std::string> protocols;
  for (const Piece& piece : composer.compose(edge).value().pieces()) {
    if (piece.type != PieceType::kListener) continue;
    Json made = body_of(piece);
    const Json& manager = made["filter_chains"][0]["filters"][0]["typed_config"];
    protocols.push_back(made["name"].get<std::string>() + " " +
                        manager.value("codec_type", "AUTO"));
    EXPECT_EQ(manager["use_remote_address"], true);
  }
  std::ranges::sort(protocols);
  EXPECT_EQ(protocols,
            (std::vector<std::string>{"edge:127.0.0.1:443 AUTO", "edge:127.0.0.1:443:h3 HTTP3",
                                      "edge:127.0.0.1:80 AUTO"}));
}

TEST(Composer, SurvivesBodiesThatAreNotWhatTheyShouldBe) {
  auto odd = [](std::string kind, std::string name, Json body) {
    return std::make_shared<Resource>(
        Resource{{std::move(kind), "default", std::move(name)}, {}, std::move(body), 1});
  };
  auto world = std::make_shared<World>(
      1,
      std::vector<ResourcePtr>{
          odd("Dataplane", "a", {{"networking", 7}}),
          odd("Dataplane", "b",
              {{"networking",
                {{"inbound", Json::array({nullptr, 3, {{"port", "x"}, {"tags", 1}}})},
                 {"outbound", Json::array({Json::object()})}}}}),
          odd("Dataplane", "c",
              {{"networking", {{"gateway", {{"type", "EDGE"}, {"listeners", {1, 2}}}}}}}),
          odd("MeshTrace", "t", {{"spec", {{"default", {{"backends", {1}}}}}}}),
          odd("MeshHTTPRoute", "r", {{"spec", {{"to", {{{"rules", {5}}, {"hostnames", {1}}}}}}}})});
  Composer composer(world, "default", cache);
  for (const ResourcePtr& dataplane : world->of("Dataplane", "default"))
    EXPECT_EQ(composer.compose(dataplane).value().proxy.dataplane, dataplane);
}

}  // namespace
}  // namespace clew::mesh
