#include "mesh/nearest/edge_wire.h"

#include <gtest/gtest.h>

#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh {
namespace {

using nlohmann::json;

TEST(EdgeWire, CarriesReportsAndTargets) {
  EdgeReport report{
      .node_id = "default.edge-ams",
      .findings = {{"fra", "10.0.0.2:15443", {8000, 0, 8100}}, {"was", "[::1]:1", {}}}};
  auto read = read_report(write_report(report));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->node_id, report.node_id);
  ASSERT_EQ(read->findings.size(), 2U);
  EXPECT_EQ(read->findings[0].zone, "fra");
  EXPECT_EQ(read->findings[0].target, "10.0.0.2:15443");
  EXPECT_EQ(read->findings[0].round_trips, (std::vector<uint32_t>{8000, 0, 8100}));
  EXPECT_TRUE(read->findings[1].round_trips.empty());
  std::vector<Target> targets = {{"fra", "10.0.0.2", 15443}, {"was", "::1", 1}};
  EXPECT_EQ(read_targets(write_targets(targets)), targets);
}

TEST(EdgeWire, RefusesWhatIsTooMuchOrDamaged) {
  EdgeReport report{.node_id = "n", .findings = {{"z", "t", std::vector<uint32_t>(101, 5)}}};
  EXPECT_EQ(read_report(write_report(report)).error().code, Code::kTooLarge);
  report.findings.assign(kMostTargets + 1, {"z", "t", {}});
  EXPECT_EQ(read_report(write_report(report)).error().code, Code::kTooLarge);
  EXPECT_EQ(read_targets(write_targets(std::vector<Target>(kMostTargets + 1))).error().code,
            Code::kTooLarge);
  EXPECT_EQ(read_report("\x0a\x05zz").error().code, Code::kMalformed);
  EXPECT_EQ(read_report("\x0a\x01\xff").error().code, Code::kMalformed);
  EXPECT_EQ(read_targets(std::string(4, '\x09')).error().code, Code::kMalformed);
  EXPECT_EQ(read_load_report("\x12\x02\x22\x05").error().code, Code::kMalformed);
}

/// By Envoy's own description of its messages.
TEST(EdgeWire, ReadsTheLoadReportsOfEnvoy) {
  auto locality = [](const char* zone, int issued, int errors) {
    return json{{"locality", {{"zone", zone}}},
                {"total_issued_requests", issued},
                {"total_error_requests", errors},
                {"total_successful_requests", issued - errors}};
  };
  json collector = {{"cluster_name", "collector"},
                    {"upstream_locality_stats", json::array({locality("", 9, 0)})},
                    {"load_report_interval", "1.5s"}};
  json shop = {
      {"cluster_name", "shop"},
      {"upstream_locality_stats", json::array({locality("fra", 30, 2), locality("was", 5, 0)})},
      {"load_report_interval", "1.5s"}};
  json message = {{"node", {{"id", "default.edge-ams"}}},
                  {"cluster_stats", json::array({collector, shop})}};
  auto bytes = envoy_api::serialize(
      "type.googleapis.com/envoy.service.load_stats.v3.LoadStatsRequest", message);
  ASSERT_TRUE(bytes) << bytes.error().message;
  auto report = read_load_report(*bytes);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->node_id, "default.edge-ams");
  EXPECT_DOUBLE_EQ(report->seconds, 1.5);
  ASSERT_EQ(report->loads.size(), 2U) << "a collector is in no zone";
  EXPECT_EQ(report->loads[0].service, "shop");
  EXPECT_EQ(report->loads[0].zone, "fra");
  EXPECT_EQ(report->loads[0].requests, 30U);
  EXPECT_EQ(report->loads[0].errors, 2U);
  EXPECT_EQ(report->loads[1].zone, "was");
}

TEST(EdgeWire, AsksEnvoyForAllClusters) {
  auto answer = envoy_api::json_of(
      "type.googleapis.com/envoy.service.load_stats.v3.LoadStatsResponse", write_load_answer(1));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, (json{{"send_all_clusters", true}, {"load_reporting_interval", "1s"}}));
}

}  // namespace
}  // namespace clew::mesh
