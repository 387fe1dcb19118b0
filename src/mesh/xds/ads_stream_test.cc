// What a proxy is sent when, against a proxy that is a few lines of JSON.
#include "mesh/xds/ads_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/limits.h"
#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh::xds {
namespace {

using envoy_api::kCluster;
using envoy_api::kEndpoint;
using envoy_api::kHost;
using envoy_api::kListener;
using envoy_api::kRoute;
using envoy_api::kSecret;
using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Lists = std::map<std::string, Snapshot::List, std::less<>>;

/// `name`, or `name=variant`: the same resource with other content.
XdsResourcePtr make(std::string_view type, const std::string& spec) {
  size_t equals = spec.find('=');
  std::string name = spec.substr(0, equals);
  std::string variant = equals == std::string::npos ? "" : spec.substr(equals + 1);
  json content{{type == kEndpoint ? "cluster_name" : "name", name}};
  if (type == kCluster) content["type"] = "EDS", content["alt_stat_name"] = variant;
  if (type == kListener) content["stat_prefix"] = variant;
  if (type == kRoute) content["vhds"] = {{"config_source", {{"path", variant}}}};
  if (type == kHost && !variant.empty()) content["domains"] = {variant};
  if (type == kEndpoint) content["policy"] = {{"overprovisioning_factor", 100 + variant.size()}};
  return XdsResource::make(type, name, content).value();
}

class AdsStreamTest : public ::testing::TestWithParam<Protocol> {
 protected:
  explicit AdsStreamTest(Protocol protocol = Protocol::kDelta)
      : protocol_(protocol), stream_(protocol, keep()) {}

  AdsStream::Send keep() {
    return [this](std::string bytes) {
      sent_.push_back(std::move(bytes));
      return true;
    };
  }

  /// The snapshot from now on: lists of specs (see make()) by type.
  void offer(const std::map<std::string_view, std::vector<std::string>>& specs) {
    Lists lists;
    for (const auto& [type, names] : specs) {
      for (const auto& name : names) lists[std::string(type)].push_back(make(type, name));
    }
    stream_.offer(std::make_shared<Snapshot>(++revision_, std::move(lists)), now_);
    wake_ = stream_.advance(now_);
  }

  void request(Request request) {
    ASSERT_TRUE(stream_.receive(request, now_));
    wake_ = stream_.advance(now_);
  }
  void subscribe(std::string_view type, std::vector<std::string> names = {}) {
    request({.type_url = std::string(type), .names = std::move(names)});
  }
  void unsubscribe(std::string_view type, std::vector<std::string> names) {
    request({.type_url = std::string(type), .unsubscribe = std::move(names)});
  }

  /// The next response, in short: "Cluster a b -c"; "" if there is none.
  std::string next() {
    if (sent_.empty()) return "";
    bool delta = protocol_ == Protocol::kDelta;
    auto message = envoy_api::json_of(
        fmt::format("type.googleapis.com/envoy.service.discovery.v3.{}DiscoveryResponse",
                    delta ? "Delta" : ""),
        sent_.front());
    sent_.pop_front();
    if (!message) return message.error().message;
    type_ = message->at("type_url").get<std::string>();
    nonce_ = message->at("nonce").get<std::string>();
    std::string text(envoy_api::short_name(type_));
    for (const json& item : message->value("resources", json::array())) {
      const json& content = delta ? item.at("resource") : item;
      text += " " + content.value("name", content.value("cluster_name", ""));
      std::string variant = content.value("alt_stat_name", content.value("stat_prefix", ""));
      if (!variant.empty()) text += "=" + variant;
    }
    for (const json& name : message->value("removed_resources", json::array()))
      text += " -" + name.get<std::string>();
    return text;
  }
  /// Accepts what next() returned last; in a full protocol with the names it wants.
  void ack(std::vector<std::string> names = {}) {
    request({.type_url = type_, .nonce = nonce_, .names = std::move(names)});
  }
  void nack(std::string text, std::vector<std::string> names = {}) {
    request({.type_url = type_,
             .nonce = nonce_,
             .refusal = Refusal{13, std::move(text)},
             .names = std::move(names)});
  }
  /// All that is sent while everything is accepted.
  std::vector<std::string> all() {
    std::vector<std::string> all;
    for (std::string text = next(); !text.empty() && all.size() < 100; text = next()) {
      all.push_back(text);
      ack();
    }
    return all;
  }
  /// "name sent accepted refusal" of one resource; versions as "1" and so on would change.
  ResourceState state(std::string_view type, std::string_view name) {
    for (const TypeState& of_type : stream_.state()) {
      if (of_type.type_url != type) continue;
      for (const ResourceState& resource : of_type.resources) {
        if (resource.name == name) return resource;
      }
    }
    return {};
  }

  const Protocol protocol_;
  std::deque<std::string> sent_;
  AdsStream stream_;
  Now now_{std::chrono::steady_clock::time_point() + 1h, 1'000'000'000};
  std::optional<std::chrono::steady_clock::time_point> wake_;
  uint64_t revision_ = 0;
  std::string type_, nonce_;
};

using DeltaStream = AdsStreamTest;

TEST_F(DeltaStream, SendsAllThereIsToWhoNamesNone) {
  offer({{kCluster, {"b", "a"}}});
  subscribe(kCluster);
  EXPECT_EQ(next(), "Cluster a b");
  EXPECT_EQ(next(), "");
  ack();
  EXPECT_EQ(next(), "");
  EXPECT_EQ(state(kCluster, "a").accepted, make(kCluster, "a")->version());
  EXPECT_EQ(stream_.settled_revision(), 1U);
}

TEST_F(DeltaStream, AnswersAlsoWhenThereIsNothing) {
  subscribe(kListener);
  EXPECT_EQ(next(), "");  // no snapshot yet
  offer({});
  EXPECT_EQ(next(), "Listener");
  ack();
  EXPECT_EQ(next(), "");
}

TEST_F(DeltaStream, SendsOnlyWhatChanged) {
  offer({{kCluster, {"a", "b", "c"}}});
  subscribe(kCluster);
  all();
  offer({{kCluster, {"a", "b=2", "d"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster b=2 d", "Cluster -c"));
  offer({{kCluster, {"a", "b=2", "d"}}});
  EXPECT_THAT(all(), IsEmpty());
}

TEST_F(DeltaStream, EndpointsFollowTheirClustersBeforeThoseAreAnsweredFor) {
  offer({{kCluster, {"c"}}, {kEndpoint, {"c"}}, {kListener, {"l"}}});
  subscribe(kCluster);
  subscribe(kEndpoint, {"c"});
  subscribe(kListener);
  all();
  offer({{kCluster, {"c=2"}}, {kEndpoint, {"c"}}, {kListener, {"l=2"}}});
  EXPECT_EQ(next(), "Cluster c=2");
  std::string clusters = nonce_;
  EXPECT_EQ(next(), "ClusterLoadAssignment c");
  ack();
  EXPECT_EQ(next(), "");
  request({.type_url = std::string(kCluster), .nonce = clusters});
  EXPECT_EQ(next(), "Listener l=2");
}

TEST_F(DeltaStream, KeepsOneResponseOfATypeInFlight) {
  offer({{kListener, {"a"}}});
  subscribe(kListener);
  EXPECT_EQ(next(), "Listener a");
  offer({{kListener, {"a=2"}}});
  offer({{kListener, {"a=3"}}});
  EXPECT_EQ(next(), "");
  ack();
  EXPECT_EQ(next(), "Listener a=3");
}

TEST_F(DeltaStream, IgnoresAnswersToWhatIsNotTheNewest) {
  offer({{kListener, {"a"}}});
  subscribe(kListener);
  EXPECT_EQ(next(), "Listener a");
  request({.type_url = std::string(kListener), .nonce = "999", .refusal = Refusal{13, "old"}});
  EXPECT_EQ(state(kListener, "a").refusal, "");
  EXPECT_EQ(state(kListener, "a").accepted, "");
  ack();
  EXPECT_EQ(state(kListener, "a").accepted, make(kListener, "a")->version());
}

TEST_F(DeltaStream, SendsByNameWhatIsAskedForByName) {
  offer({{kRoute, {"r1", "r2", "r3"}}});
  subscribe(kRoute, {"r2"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r2"));
  subscribe(kRoute, {"r1", "none"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r1", "RouteConfiguration -none"));
  offer({{kRoute, {"r1=2", "r3=2", "none"}}});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration none r1", "RouteConfiguration -r2"));
}

TEST_F(DeltaStream, SendsAgainWhatIsAskedForAgain) {
  offer({{kRoute, {"r"}}});
  subscribe(kRoute, {"r"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r"));
  unsubscribe(kRoute, {"r"});
  subscribe(kRoute, {"r"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r"));
  subscribe(kRoute, {"r"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r"));
  unsubscribe(kRoute, {"r"});
  offer({{kRoute, {"r=2"}}});
  EXPECT_THAT(all(), IsEmpty());
}

TEST_F(DeltaStream, TakesAStarForAllThereIs) {
  offer({{kRoute, {"r1", "r2"}}});
  subscribe(kRoute, {"*"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r1 r2"));
  unsubscribe(kRoute, {"r1"});  // the proxy drops it, but wants all
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r1"));
  subscribe(kRoute, {"r2"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r2"));
  unsubscribe(kRoute, {"*"});
  offer({{kRoute, {"r1=2", "r2=2"}}});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration r2"));
}

TEST_F(DeltaStream, KnowsWhatAProxyHasFromBefore) {
  offer({{kCluster, {"same", "changed=2"}}});
  request({.type_url = std::string(kCluster),
           .known = {{"same", make(kCluster, "same")->version()},
                     {"changed", make(kCluster, "changed")->version()},
                     {"gone", "1"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster changed=2", "Cluster -gone"));
  offer({{kCluster, {"same", "changed=2", "new"}}});  // still all there is
  EXPECT_THAT(all(), ElementsAre("Cluster new"));

  request({.type_url = std::string(kRoute),
           .names = {"r1"},
           .known = {{"r1", "old"}, {"r2", "never asked for"}}});
  offer({{kCluster, {"same", "changed=2", "new"}}, {kRoute, {"r1", "r2"}}});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration -r1", "RouteConfiguration r1"));
}

TEST_F(DeltaStream, GoesInAnOrderThatNeverBreaks) {
  offer({});
  subscribe(kCluster);
  all();
  subscribe(kListener);
  all();
  offer({{kRoute, {"r"}}, {kListener, {"l"}}, {kEndpoint, {"c"}}, {kCluster, {"c"}}});
  EXPECT_EQ(next(), "Cluster c");
  ack();
  EXPECT_EQ(next(), "");  // nobody knows the endpoints of c yet
  EXPECT_EQ(wake_, now_.steady + AdsStream::kEdsPatience);
  subscribe(kEndpoint, {"c"});
  EXPECT_EQ(next(), "ClusterLoadAssignment c");
  ack();
  EXPECT_EQ(next(), "Listener l");
  ack();
  subscribe(kRoute, {"r"});
  EXPECT_EQ(next(), "RouteConfiguration r");
  ack();
  EXPECT_EQ(next(), "");
  EXPECT_FALSE(wake_);
  offer({{kRoute, {"r=2"}}, {kListener, {}}, {kEndpoint, {}}, {kCluster, {"d"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster d", "RouteConfiguration r", "Listener -l", "Cluster -c",
                                 "ClusterLoadAssignment -c"));
}

TEST_F(DeltaStream, WaitsForEndpointsOnlySoLong) {
  offer({{kListener, {"l"}}, {kEndpoint, {"c"}}, {kCluster, {"c"}}});
  subscribe(kCluster);
  subscribe(kListener);
  EXPECT_THAT(all(), ElementsAre("Cluster c"));
  now_.steady += AdsStream::kEdsPatience;
  stream_.advance(now_);
  EXPECT_THAT(all(), ElementsAre("Listener l"));
}

TEST_F(DeltaStream, SendsEndpointsAgainAfterTheirCluster) {
  offer({{kEndpoint, {"c", "d"}}, {kCluster, {"c", "d"}}});
  subscribe(kCluster);
  all();
  subscribe(kEndpoint, {"c", "d"});
  all();
  offer({{kEndpoint, {"c", "d"}}, {kCluster, {"c", "d=2"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster d=2", "ClusterLoadAssignment d"));
}

TEST_F(DeltaStream, SendsSecretsWithoutWaiting) {
  offer({{kCluster, {"c"}}, {kSecret, {"s"}}});
  subscribe(kCluster);
  subscribe(kSecret, {"s"});
  EXPECT_EQ(next(), "Cluster c");
  EXPECT_EQ(next(), "Secret s");
}

TEST_F(DeltaStream, KeepsTheLastGoodOfWhatIsRefused) {
  offer({{kListener, {"l"}}});
  subscribe(kListener);
  all();
  offer({{kListener, {"l=bad"}}});
  EXPECT_EQ(next(), "Listener l=bad");
  nack("malformed IP address");
  EXPECT_EQ(next(), "");
  ResourceState now = state(kListener, "l");
  EXPECT_EQ(now.refusal, "malformed IP address");
  EXPECT_EQ(now.refused_at, now_.wall);
  EXPECT_EQ(now.accepted, make(kListener, "l")->version());
  EXPECT_EQ(now.sent, make(kListener, "l=bad")->version());
  offer({{kListener, {"l=bad"}}});
  EXPECT_EQ(next(), "");
  offer({{kListener, {"l=good", "m"}}});
  EXPECT_EQ(next(), "Listener l=good m");
  ack();
  EXPECT_EQ(state(kListener, "l").refusal, "");
}

TEST_F(DeltaStream, KnowsWhenAResponseOfATypeWasLastAcceptedAndRefused) {
  auto times = [this] {
    const TypeState listeners = stream_.state().at(0);
    return std::pair(listeners.accepted_at, listeners.refused_at);
  };
  offer({{kListener, {"l"}}});
  subscribe(kListener);
  EXPECT_EQ(times(), std::pair(UnixNanos(0), UnixNanos(0)));
  now_.wall = 10;
  all();
  EXPECT_EQ(times(), std::pair(UnixNanos(10), UnixNanos(0)));
  offer({{kListener, {"l=bad"}}});
  EXPECT_EQ(next(), "Listener l=bad");
  now_.wall = 20;
  nack("no");
  EXPECT_EQ(times(), std::pair(UnixNanos(10), UnixNanos(20)));
  offer({{kListener, {"l=good"}}});
  now_.wall = 30;
  all();
  EXPECT_EQ(times(), std::pair(UnixNanos(30), UnixNanos(20)));
}

TEST_F(DeltaStream, GoesBackToTheLastGoodWhenThatIsWantedAgain) {
  offer({{kListener, {"l1"}}});
  subscribe(kListener);
  all();
  offer({{kListener, {"l1=bad"}}});
  EXPECT_EQ(next(), "Listener l1=bad");
  nack("no");
  offer({{kListener, {"l1"}}});
  EXPECT_EQ(next(), "Listener l1");
  ack();
  EXPECT_EQ(next(), "");
  EXPECT_EQ(state(kListener, "l1").refusal, "");
}

TEST_F(DeltaStream, FindsWhichResourceIsRefusedByItsName) {
  offer({{kListener, {"l1", "l2", "l2-b", "l3"}}});
  subscribe(kListener);
  EXPECT_EQ(next(), "Listener l1 l2 l2-b l3");
  nack("Error adding/updating listener(s) l2: malformed IP address");
  EXPECT_EQ(next(), "Listener l1 l2-b l3");
  ack();
  EXPECT_EQ(next(), "Listener l2");
  nack("Error adding/updating listener(s) l2: malformed IP address");
  EXPECT_EQ(next(), "");
  EXPECT_EQ(state(kListener, "l3").accepted, make(kListener, "l3")->version());
  EXPECT_EQ(state(kListener, "l2").accepted, "");
}

TEST_F(DeltaStream, FindsWhichResourceIsRefusedWithoutItsName) {
  std::vector<std::string> names;
  for (char c = 'a'; c <= 'p'; ++c) names.push_back(std::string(1, c));
  offer({{kRoute, names}});
  subscribe(kRoute, {"*"});
  int sent = 0;
  for (std::string text = next(); !text.empty() && sent < 100; text = next(), ++sent) {
    bool bad = text.contains(" g") || text.contains(" h");
    if (bad)
      nack("no");
    else
      ack();
  }
  EXPECT_LT(sent, 25);
  for (const std::string& name : names) {
    bool bad = name == "g" || name == "h";
    EXPECT_EQ(state(kRoute, name).accepted.empty(), bad) << name;
    EXPECT_EQ(state(kRoute, name).refusal.empty(), !bad) << name;
  }
}

TEST_F(DeltaStream, SendsHostsBehindTheirRoutesAndTakesThemBeforeTheirClusters) {
  offer({{kRoute, {"edge"}}, {kHost, {"edge/a", "edge/b"}}, {kCluster, {"a", "b"}}});
  subscribe(kCluster);
  subscribe(kRoute, {"edge"});
  all();
  subscribe(kHost);
  EXPECT_THAT(all(), ElementsAre("VirtualHost edge/a edge/b"));
  offer({{kRoute, {"edge=2"}}, {kHost, {"edge/a", "edge/c"}}, {kCluster, {"a", "c"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster c", "RouteConfiguration edge", "VirtualHost edge/c",
                                 "VirtualHost -edge/b", "Cluster -b"));
}

TEST_F(DeltaStream, SaysThatThereAreNoHosts) {
  offer({{kRoute, {"edge"}}});
  subscribe(kHost);
  EXPECT_THAT(all(), ElementsAre("VirtualHost"));
}

TEST_F(DeltaStream, SendsHostsAgainWithTheRoutesThatAreAskedForAgain) {
  offer({{kRoute, {"edge", "other"}}, {kHost, {"edge/a", "other/a"}}});
  subscribe(kRoute, {"edge", "other"});
  all();
  subscribe(kHost);
  all();
  unsubscribe(kRoute, {"edge"});
  EXPECT_THAT(all(), IsEmpty());
  subscribe(kRoute, {"edge"});
  EXPECT_THAT(all(), ElementsAre("RouteConfiguration edge", "VirtualHost edge/a"));
}

TEST_F(DeltaStream, SendsNoHostAgainToWhoComesBackWithIt) {
  offer({{kRoute, {"edge"}}, {kHost, {"edge/a", "edge/b=2"}}});
  auto version = [](auto type, const std::string& spec) { return make(type, spec)->version(); };
  request({.type_url = std::string(kRoute),
           .names = {"edge"},
           .known = {{"edge", version(kRoute, "edge")}}});
  request({.type_url = std::string(kHost),
           .known = {{"edge/a", version(kHost, "edge/a")},
                     {"edge/b", version(kHost, "edge/b")},
                     {"edge/gone", "1"}}});
  EXPECT_THAT(all(), ElementsAre("VirtualHost edge/b", "VirtualHost -edge/gone"));
}

TEST_F(DeltaStream, RefusalOfOneTypeStopsNoOther) {
  offer({{kCluster, {"c"}}, {kListener, {"l"}}});
  subscribe(kListener);
  next();
  nack("no");
  subscribe(kCluster);
  EXPECT_THAT(all(), ElementsAre("Cluster c"));
  offer({{kCluster, {"c=2"}}, {kListener, {"l"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster c=2"));
}

TEST_F(DeltaStream, BoundsWhatAProxyMayAskFor) {
  for (size_t i = 0; i < limits::kXdsTypes; ++i) subscribe(fmt::format("type/{}", i), {"x"});
  EXPECT_EQ(stream_.receive({.type_url = "one/more"}, now_).error().code, Code::kTooLarge);
  EXPECT_EQ(stream_.receive({}, now_).error().code, Code::kInvalid);
  std::vector<std::string> names(limits::kXdsNames);
  for (size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i);
  subscribe("type/0", {names.begin(), names.end() - 1});  // with "x" as many as may be
  EXPECT_EQ(stream_.receive({.type_url = "type/0", .names = {"y"}}, now_).error().code,
            Code::kTooLarge);
}

class WorldStream : public AdsStreamTest {
 protected:
  WorldStream() : AdsStreamTest(Protocol::kStateOfTheWorld) {}
};

TEST_F(WorldStream, SendsEverythingOnEveryChange) {
  offer({{kCluster, {"a", "b"}}});
  subscribe(kCluster);
  EXPECT_THAT(all(), ElementsAre("Cluster a b"));
  offer({{kCluster, {"a", "b=2", "c"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster a b=2 c"));
  offer({{kCluster, {"a", "b=2", "c"}}});
  EXPECT_THAT(all(), IsEmpty());
  offer({{kCluster, {"c"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster c"));
  offer({});
  EXPECT_THAT(all(), ElementsAre("Cluster"));
}

TEST_F(WorldStream, RemovesWhenNothingPointsThereAnyMore) {
  offer({{kCluster, {"old"}}, {kListener, {"l"}}});
  subscribe(kCluster);
  all();
  subscribe(kListener);
  all();
  offer({{kCluster, {"new"}}, {kListener, {"l=2"}}});
  EXPECT_THAT(all(), ElementsAre("Cluster new old", "Listener l=2", "Cluster new"));
}

TEST_F(WorldStream, SendsByNameWhatIsAskedForByName) {
  offer({{kRoute, {"r1", "r2"}}});
  subscribe(kRoute, {"none"});
  EXPECT_EQ(next(), "");
  subscribe(kRoute, {"r1", "none"});
  EXPECT_EQ(next(), "RouteConfiguration r1");
  ack({"r1", "none"});
  EXPECT_EQ(next(), "");
  request({.type_url = type_, .nonce = nonce_, .names = {"r1", "r2"}});
  EXPECT_EQ(next(), "RouteConfiguration r1 r2");
  ack({"r2"});
  EXPECT_EQ(next(), "");
  offer({{kRoute, {"r1=2", "r2"}}});
  EXPECT_EQ(next(), "");
  request({.type_url = type_, .nonce = nonce_, .names = {"r1", "r2"}});
  EXPECT_EQ(next(), "RouteConfiguration r1 r2");
}

TEST_F(WorldStream, SendsRoutesWithTheirHosts) {
  offer({{kRoute, {"edge", "other"}}, {kHost, {"edge/a", "edge/b"}}});
  subscribe(kRoute, {"edge"});
  json sent = envoy_api::json_of("type.googleapis.com/envoy.service.discovery.v3.DiscoveryResponse",
                                 sent_.front())
                  .value()
                  .at("resources")[0];
  EXPECT_EQ(sent["virtual_hosts"], json::array({{{"name", "edge/a"}}, {{"name", "edge/b"}}}));
  EXPECT_FALSE(sent.contains("vhds"));
  EXPECT_EQ(next(), "RouteConfiguration edge");
  ack({"edge"});
  offer({{kRoute, {"edge", "other"}}, {kHost, {"edge/a"}}});
  EXPECT_EQ(next(), "RouteConfiguration edge");
}

TEST_F(WorldStream, IgnoresRequestsThatAnswerWhatIsNotTheNewest) {
  offer({{kRoute, {"r1", "r2"}}});
  subscribe(kRoute, {"r1"});
  next();
  request({.type_url = type_, .nonce = "999", .names = {"r2"}});
  ack({"r1"});
  EXPECT_EQ(next(), "");
}

TEST_F(WorldStream, PutsTheLastGoodInPlaceOfWhatIsRefused) {
  offer({{kListener, {"l1", "l2"}}});
  subscribe(kListener);
  all();
  offer({{kListener, {"l1=bad", "l2=2", "l3"}}});
  EXPECT_EQ(next(), "Listener l1=bad l2=2 l3");
  nack("Error adding/updating listener(s) l1: no");
  EXPECT_EQ(next(), "Listener l1 l2=2 l3");
  ack();
  EXPECT_EQ(next(), "");
  EXPECT_EQ(state(kListener, "l1").refusal, "Error adding/updating listener(s) l1: no");
  EXPECT_EQ(state(kListener, "l1").accepted, make(kListener, "l1")->version());
  EXPECT_EQ(state(kListener, "l2").accepted, make(kListener, "l2=2")->version());
  offer({{kListener, {"l1=bad", "l2=3", "l3"}}});
  EXPECT_THAT(all(), ElementsAre("Listener l1 l2=3 l3"));
  offer({{kListener, {"l1=good", "l2=3", "l3"}}});
  EXPECT_THAT(all(), ElementsAre("Listener l1=good l2=3 l3"));
  EXPECT_EQ(state(kListener, "l1").refusal, "");
}

TEST_F(WorldStream, GoesBackToTheLastGoodWhenThatIsWantedAgain) {
  offer({{kListener, {"l1"}}});
  subscribe(kListener);
  all();
  offer({{kListener, {"l1=bad"}}});
  EXPECT_EQ(next(), "Listener l1=bad");
  nack("no");
  next();
  offer({{kListener, {"l1"}}});
  all();
  EXPECT_EQ(state(kListener, "l1").refusal, "");
}

TEST_F(WorldStream, HoldsWhatIsRefusedWithoutAName) {
  offer({{kListener, {"l1", "l2"}}});
  subscribe(kListener);
  next();
  nack("no");
  EXPECT_EQ(next(), "");
  offer({{kListener, {"l1=2", "l2"}}});
  EXPECT_EQ(next(), "Listener l1=2");
}

TEST_F(WorldStream, SendsEndpointsAgainAfterTheirCluster) {
  offer({{kEndpoint, {"c"}}, {kCluster, {"c"}}});
  subscribe(kCluster);
  all();
  subscribe(kEndpoint, {"c"});
  EXPECT_EQ(next(), "ClusterLoadAssignment c");
  ack({"c"});
  offer({{kEndpoint, {"c"}}, {kCluster, {"c=2"}}});
  EXPECT_EQ(next(), "Cluster c=2");
  ack();
  EXPECT_EQ(next(), "ClusterLoadAssignment c");
}

}  // namespace
}  // namespace clew::mesh::xds
