// ADS over gRPC, by a client that speaks it in JSON.
#include "mesh/xds/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/limits.h"
#include "base/metrics.h"
#include "mesh/envoy_api/envoy_api.h"
#include "net/internal/test_stream.h"

namespace clew::mesh::xds {
namespace {

using envoy_api::kCluster;
using net::testing::TestStream;
using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kMethod[] =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
constexpr std::string_view kRequest =
    "type.googleapis.com/envoy.service.discovery.v3.DeltaDiscoveryRequest";
constexpr std::string_view kResponse =
    "type.googleapis.com/envoy.service.discovery.v3.DeltaDiscoveryResponse";

/// Clusters of these names; what comes behind "=" is another version.
SnapshotPtr clusters(uint64_t revision, const std::vector<std::string>& specs) {
  std::map<std::string, Snapshot::List, std::less<>> lists;
  for (const std::string& spec : specs) {
    std::string name = spec.substr(0, spec.find('='));
    lists[std::string(kCluster)].push_back(
        XdsResource::make(kCluster, name, {{"name", name}, {"alt_stat_name", spec}}).value());
  }
  return std::make_shared<Snapshot>(revision, std::move(lists));
}

/// A proxy that wants clusters.
class Client {
 public:
  Client(uint16_t port, const std::string& node, const net::HttpFields& metadata = {},
         const json& known = json::object())
      : stream_(port, kMethod, metadata) {
    send({{"node", {{"id", node}}}, {"type_url", kCluster}, {"initial_resource_versions", known}});
  }

  /// The next response; null if none comes.
  json receive(std::chrono::milliseconds time = 5s) {
    auto bytes = stream_.receive(time);
    return bytes ? envoy_api::json_of(kResponse, *bytes).value() : json();
  }
  void acknowledge(const json& response) { answer(response, {}); }
  void refuse(const json& response, const std::string& text) {
    answer(response, {{"error_detail", {{"code", 3}, {"message", text}}}});
  }
  /// The names in the next response, which is accepted.
  std::vector<std::string> names() {
    json response = receive();
    std::vector<std::string> names;
    for (const json& each : response.value("resources", json::array()))
      names.push_back(each["name"]);
    for (const json& each : response.value("removed_resources", json::array()))
      names.push_back("-" + each.get<std::string>());
    if (!response.is_null()) acknowledge(response);
    return names;
  }
  grpc::Status status() { return stream_.status(); }

 private:
  void send(const json& request) {
    ASSERT_TRUE(stream_.send(envoy_api::serialize(kRequest, request).value()));
  }
  void answer(const json& response, json request) {
    request["type_url"] = response["type_url"];
    request["response_nonce"] = response["nonce"];
    send(request);
  }

  TestStream stream_;
};

class XdsServerTest : public ::testing::Test {
 protected:
  XdsServerTest() {
    server_.add_to(methods_);
    net::GrpcServerOptions options{.address = {"127.0.0.1", 0},
                                   .max_message_bytes = limits::kXdsRequestBytes};
    grpc_ = net::GrpcServer::start(options, methods_).value();
  }
  ~XdsServerTest() override { grpc_.reset(); }

  Result<std::string> admit(const Node& node, std::string_view authorization) {
    if (authorization == "Bearer stranger")
      return fail(Code::kUnauthenticated, "no such token for {}", node.id);
    return node.id;
  }
  /// Until the proxy's state is as wanted.
  template <class Wanted>
  ProxyState wait_for(const std::string& proxy, Wanted&& wanted) {
    for (int i = 0; i < 500; ++i) {
      auto state = server_.state(proxy);
      if (state && wanted(*state)) return *state;
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << "it never came to that";
    return {};
  }
  bool disconnects(const std::string& proxy) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [&] { return gone_ == std::vector{proxy}; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> gone_;
  XdsServer server_{{.on_connect = [this](const Node& node, std::string_view authorization,
                                          std::string_view) { return admit(node, authorization); },
                     .on_disconnect =
                         [this](const std::string& proxy) {
                           std::lock_guard lock(mutex_);
                           gone_.push_back(proxy);
                           changed_.notify_all();
                         }}};
  net::GrpcMethods methods_;
  std::unique_ptr<net::GrpcServer> grpc_;
};

TEST_F(XdsServerTest, GivesAProxyItsSnapshotAndWhatChanges) {
  server_.set("a", clusters(1, {"x", "y"}));
  Client client(grpc_->port(), "a");
  EXPECT_THAT(client.names(), ElementsAre("x", "y"));
  server_.set("a", clusters(2, {"x", "y=2", "z"}));
  EXPECT_THAT(client.names(), ElementsAre("y", "z"));
  server_.set("a", clusters(3, {"x", "y=2"}));
  EXPECT_THAT(client.names(), ElementsAre("-z"));
  server_.set("b", clusters(1, {"other"}));
  EXPECT_TRUE(client.receive(100ms).is_null());
  ProxyState state = wait_for("a", [](const auto& each) { return each.settled_revision == 3; });
  EXPECT_EQ(state.protocol, Protocol::kDelta);
  EXPECT_EQ(state.types.at(0).resources.size(), 2U);
  EXPECT_THAT(server_.connected(), ElementsAre("a"));
}

TEST_F(XdsServerTest, WaitsForASnapshot) {
  Client client(grpc_->port(), "late");
  EXPECT_TRUE(client.receive(100ms).is_null());
  server_.set("late", clusters(1, {"x"}));
  EXPECT_THAT(client.names(), ElementsAre("x"));
}

TEST_F(XdsServerTest, SendsAProxyThatComesBackOnlyWhatItLacks) {
  server_.set("a", clusters(1, {"x", "y"}));
  json known = json::object();
  {
    Client client(grpc_->port(), "a");
    json response = client.receive();
    for (const json& each : response["resources"]) known[each["name"]] = each["version"];
    client.acknowledge(response);
  }
  EXPECT_TRUE(disconnects("a"));
  EXPECT_THAT(server_.connected(), IsEmpty());
  server_.set("a", clusters(2, {"x", "y=2"}));
  Client again(grpc_->port(), "a", {}, known);
  EXPECT_THAT(again.names(), ElementsAre("y"));
}

TEST_F(XdsServerTest, ARefusalStaysWithItsProxy) {
  for (const char* proxy : {"a", "b"}) server_.set(proxy, clusters(1, {"x"}));
  Client a(grpc_->port(), "a"), b(grpc_->port(), "b");
  EXPECT_THAT(a.names(), ElementsAre("x"));
  EXPECT_THAT(b.names(), ElementsAre("x"));
  for (const char* proxy : {"a", "b"}) server_.set(proxy, clusters(2, {"x=bad"}));
  a.refuse(a.receive(), "x does not please");
  EXPECT_THAT(b.names(), ElementsAre("x"));
  auto refused = [](const ProxyState& each) {
    return !each.types.empty() && !each.types[0].resources.at(0).refusal.empty();
  };
  EXPECT_EQ(wait_for("a", refused).types[0].resources[0].refusal, "x does not please");
  EXPECT_FALSE(refused(wait_for("b", [](const auto& each) { return each.settled_revision == 2; })));
  for (const char* proxy : {"a", "b"}) server_.set(proxy, clusters(3, {"x=good"}));
  EXPECT_THAT(a.names(), ElementsAre("x"));
}

TEST_F(XdsServerTest, SendsAwayWhoMayNotAndWhoIsNoProxyAnyMore) {
  Client stranger(grpc_->port(), "a", {{"authorization", "Bearer stranger"}});
  grpc::Status status = stranger.status();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("no such token for a"));
  server_.set("a", clusters(1, {"x"}));
  Client client(grpc_->port(), "a");
  EXPECT_THAT(client.names(), ElementsAre("x"));
  server_.forget("a");
  EXPECT_EQ(client.status().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_FALSE(server_.state("a"));
}

/// What the gauge of connected proxies says.
int counted() {
  std::string text = metrics::render(), name = "\nclew_mesh_proxy_streams ";
  size_t at = text.find(name);
  return at == text.npos ? -1 : std::stoi(text.substr(at + name.size()));
}

TEST_F(XdsServerTest, CountsAProxyOnceHoweverManyStreamsItHas) {
  const int before = counted();
  for (const char* proxy : {"a", "b"}) server_.set(proxy, clusters(1, {"x"}));
  {
    Client first(grpc_->port(), "a"), other(grpc_->port(), "b");
    EXPECT_THAT(first.names(), ElementsAre("x"));
    EXPECT_THAT(other.names(), ElementsAre("x"));
    EXPECT_EQ(counted(), before + 2);
    Client again(grpc_->port(), "a");
    EXPECT_THAT(again.names(), ElementsAre("x"));
    EXPECT_EQ(counted(), before + 2);
    server_.forget("b");
    EXPECT_EQ(other.status().error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(counted(), before + 1);
  }
  for (int i = 0; i < 500 && counted() != before; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(counted(), before);
}

TEST_F(XdsServerTest, EndsAStreamThatIsNoAds) {
  TestStream junk(grpc_->port(), kMethod);
  ASSERT_TRUE(junk.send("\xff\xff\xff"));
  EXPECT_EQ(junk.status().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  Client nobody(grpc_->port(), "");
  EXPECT_EQ(nobody.status().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace clew::mesh::xds
