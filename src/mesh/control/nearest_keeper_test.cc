// Reports of edges over gRPC, and what comes of them.
#include "mesh/control/nearest_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <utility>

#include "mesh/control/nearest_memory.h"
#include "mesh/envoy_api/envoy_api.h"
#include "mesh/resource/parse.h"
#include "net/grpc_client.h"
#include "net/internal/test_stream.h"

namespace clew::mesh {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The control plane of a golden case, as far as edges see it.
class NearestKeeperTest : public ::testing::Test {
 protected:
  NearestKeeperTest() {
    std::string pattern = "/tmp/clew-nearest-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    const Clock& clock = Clock::system();
    store_ = ResourceStore::open(directory_ + "/mesh.db", clock).value();
    gate_ = ProxyGate::open(directory_, true, *store_, clock).value();
    std::ifstream in("test/data/mesh/strict/resources.json");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(store_->apply(parse_resources(text, "strict").value(), "test"));
    token_ = gate_->create({"Dataplane", "default", "edge-ams"}, 0).value();
    start();
  }
  ~NearestKeeperTest() override {
    stop();
    std::filesystem::remove_all(directory_);
  }

  void start() {
    planner_->update(store_->world());
    keeper_ =
        std::make_unique<NearestKeeper>(directory_, *store_, *gate_, *planner_, Clock::system());
    net::GrpcMethods methods;
    keeper_->add_to(methods);
    server_ = net::GrpcServer::start({.address = {"127.0.0.1", 0}}, std::move(methods)).value();
    planner_->wait_until_idle();
  }
  void stop() {
    server_.reset();
    keeper_.reset();
  }

  /// What the report of a proxy is answered.
  Result<std::vector<Target>> report(const std::string& proxy, std::vector<Finding> findings) {
    auto client =
        net::GrpcClient::create({.target = "127.0.0.1:" + std::to_string(server_->port())}).value();
    std::promise<Result<std::string>> answer;
    std::string bytes =
        write_report({.node_id = "default." + proxy, .findings = std::move(findings)});
    client->call(kReportMethod, SharedBytes::take(std::move(bytes)), 5s,
                 [&](Result<std::string> got) { answer.set_value(std::move(got)); },
                 {{"authorization", "Bearer " + token_}});
    auto got = answer.get_future().get();
    if (!got) return std::unexpected(got.error());
    return read_targets(*got);
  }
  /// The zones of the endpoints that an edge has for frontend, those that are down in brackets.
  std::vector<std::string> zones() const {
    std::vector<std::string> names;
    auto config = planner_->config("default.edge-ams");
    for (const Piece& piece : config->of_services) {
      if (piece.type != PieceType::kEndpoints) continue;
      json body = envoy_api::json_of(envoy_api::kEndpoint, piece.resource->message()).value();
      for (const json& each : body["endpoints"]) {
        std::string zone = each["locality"]["zone"];
        bool down = each["lb_endpoints"][0].value("health_status", "") == "UNHEALTHY";
        names.push_back(down ? "(" + zone + ")" : zone);
      }
    }
    return names;
  }
  template <class Done>
  bool eventually(Done done) const {
    for (auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(10ms))
      if (done()) return true;
    return done();
  }

  std::string directory_, token_;
  std::unique_ptr<ResourceStore> store_;
  std::unique_ptr<ProxyGate> gate_;
  xds::XdsServer xds_{{}};
  std::unique_ptr<Planner> planner_ =
      std::make_unique<Planner>(xds_, [](const ProxyConfig&) { return std::vector<Draft>{}; });
  std::unique_ptr<NearestKeeper> keeper_;
  std::unique_ptr<net::GrpcServer> server_;
};

TEST_F(NearestKeeperTest, LetsMeasuredWaysDecideAndKeepsThatOverARestart) {
  EXPECT_THAT(zones(), ElementsAre("fra", "was"));
  auto targets = report("edge-ams", {});
  ASSERT_TRUE(targets) << targets.error().message;
  ASSERT_EQ(targets->size(), 2U);
  EXPECT_EQ((*targets)[0].zone, "fra");
  EXPECT_GT((*targets)[0].port, 0);
  report("edge-ams",
         {{"fra", "a:1", {90'000, 90'000, 90'000}}, {"was", "b:1", {9000, 9000, 9000}}});
  EXPECT_TRUE(eventually([&] { return zones() == std::vector<std::string>{"was", "fra"}; }));
  stop();
  start();
  EXPECT_THAT(zones(), ElementsAre("was", "fra"));
}

TEST_F(NearestKeeperTest, LeavesACoreLocationThatFallsSilent) {
  report("edge-ams",
         {{"fra", "a:1", {9000, 9000, 9000}}, {"was", "b:1", {90'000, 90'000, 90'000}}});
  report("edge-ams", {{"fra", "a:1", {0, 0, 0}}, {"was", "b:1", {90'000}}});
  EXPECT_TRUE(eventually([&] { return zones() == std::vector<std::string>{"was", "(fra)"}; }));
  stop();
  start();
  EXPECT_THAT(zones(), ElementsAre("was", "(fra)"));
}

TEST_F(NearestKeeperTest, LetsOnlyEdgesReport) {
  token_ = "nobody's";
  EXPECT_EQ(report("edge-ams", {}).error().code, Code::kUnauthenticated);
  token_ = gate_->create({"Dataplane", "default", "ingress-fra"}, 0).value();
  auto refused = report("ingress-fra", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("only edges report"));
  EXPECT_EQ(report("nobody", {}).error().code, Code::kNotFound);
}

TEST_F(NearestKeeperTest, TakesLoadsFromEnvoy) {
  net::testing::TestStream stream(server_->port(), kLoadMethod,
                                  {{"authorization", "Bearer " + token_}});
  auto send = [&](const json& message) {
    stream.send(envoy_api::serialize(
                    "type.googleapis.com/envoy.service.load_stats.v3.LoadStatsRequest", message)
                    .value());
  };
  send({{"node", {{"id", "default.edge-ams"}}}});
  EXPECT_EQ(stream.receive(5s), write_load_answer(1));
  json locality = {{"locality", {{"zone", "fra"}}}, {"total_issued_requests", 30}};
  send({{"cluster_stats", json::array({{{"cluster_name", "frontend"},
                                        {"upstream_locality_stats", json::array({locality})},
                                        {"load_report_interval", "1s"}}})}});
  EXPECT_TRUE(eventually([&] {
    auto rates = keeper_->decider().rates({"ams", "default", "frontend"}, Clock::system().now());
    return rates["fra"].requests > 29;
  }));
}

TEST_F(NearestKeeperTest, RefusesLoadsOfStrangers) {
  net::testing::TestStream stream(server_->port(), kLoadMethod, {});
  stream.send("");
  EXPECT_EQ(stream.status().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(NearestKeeperTest, StartsWithoutAFileThatCannotBeRead) {
  stop();
  std::ofstream(directory_ + "/nearest.json") << R"({"format": 1, "edges": 5})";
  identity::StateFile file(Disk::system(), directory_ + "/nearest.json");
  EXPECT_EQ(read_memory(file).error().code, Code::kMalformed);
  start();
  EXPECT_THAT(zones(), ElementsAre("fra", "was"));
}

}  // namespace
}  // namespace clew::mesh
