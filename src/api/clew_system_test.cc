#include "api/clew_system.h"

#include <gtest/gtest.h>

#include <cstring>

#include "api/testing.h"
#include "base/limits.h"
#include "store/space_watch.h"

namespace clew::api {
namespace {

class ClewSystem : public testing::ApiTest {
 protected:
  void serve_system(SystemAbout about) {
    net::HttpRoutes routes;
    add_clew_system(routes, *store_, agents_, std::move(about));
    serve(std::move(routes));
  }

  ManualClock clock_{testing::kStart};
  opamp::Agents agents_{clock_};
};

TEST_F(ClewSystem, SaysWhatIsInHeadsAndBlocksAndWhatBoundsThem) {
  append_checkout();
  ASSERT_TRUE(store_->flush());
  append({{.trace = 8}});
  serve_system({.version = "1.2",
                .started = testing::kStart,
                .receivers = {{"otlp/http", "127.0.0.1:4318"}},
                .directory = directory_,
                .durability = "fsync",
                .memory_limit = 1 << 30,
                .head_bytes = 256 << 20,
                .max_age = std::chrono::hours(336),
                .tenants = 2});
  auto system = get_json("/api/clew/v1/system");
  EXPECT_EQ(system["version"], "1.2");
  EXPECT_EQ(system["startedUs"], testing::kStart / 1000);
  EXPECT_EQ(system["receivers"][0]["name"], "otlp/http");
  const auto& storage = system["storage"];
  EXPECT_EQ(storage["kind"], "disk");
  EXPECT_EQ(storage["directory"], directory_);
  EXPECT_EQ(storage["refuses"], "");
  EXPECT_EQ(storage["headSpans"], 1);
  EXPECT_EQ(storage["blocks"], 1);
  EXPECT_GT(storage["blockBytes"], 0);
  const auto& limits = system["limits"];
  EXPECT_EQ(limits["maxAgeMs"], 336ull * 3600 * 1000);
  EXPECT_EQ(limits["headBytes"], 256 << 20);
  EXPECT_EQ(limits["tenantsWithOwnRetention"], 2);
  EXPECT_FALSE(limits.contains("maxSpans"));
  const auto& disk = system["disk"];
  EXPECT_GT(disk["totalBytes"], disk["freeBytes"]);
  EXPECT_EQ(disk["minFreeBytes"], store::default_min_free_bytes(disk["totalBytes"]));
  EXPECT_EQ(limits["maxBytes"], disk["totalBytes"].get<uint64_t>() / 10 * 8);
  EXPECT_GT(system["memory"]["residentBytes"], 1 << 20);
  EXPECT_EQ(system["memory"]["limitBytes"], 1 << 30);
  EXPECT_TRUE(system["log"].is_array());
}

TEST_F(ClewSystem, HasNoDirectoryAndNoDiskInMemory) {
  serve_system({.version = "1", .in_memory = true, .max_spans = 1000});
  auto system = get_json("/api/clew/v1/system");
  EXPECT_EQ(system["storage"]["kind"], "memory");
  EXPECT_FALSE(system["storage"].contains("directory"));
  EXPECT_FALSE(system.contains("disk"));
  EXPECT_EQ(system["limits"]["maxSpans"], 1000);
}

opamp::AgentReport report_of(uint8_t number, opamp::ComponentHealth health) {
  opamp::AgentReport report{.health = std::move(health)};
  report.uid.bytes.fill(number);
  report.description = {.identifying = {{"service.name", "clew.agent"}},
                        .others = {{"host.name", "web-" + std::to_string(number)}}};
  return report;
}

TEST_F(ClewSystem, ListsAgentsAndHowTheirPartsAreTheWorstFirst) {
  agents_.take(report_of(1, {.healthy = true, .started = testing::kStart}), "10.0.0.1");
  agents_.take(report_of(2, {.last_error = "exporters: otlp: away",
                             .parts = {{"exporters",
                                        {.last_error = "otlp: away",
                                         .parts = {{"otlp",
                                                    {.last_error = "away",
                                                     .status = "3 B queued",
                                                     .status_time = testing::kStart}}}}},
                                       {"memory", {.healthy = true}}}}),
               "10.0.0.2");
  serve_system({});
  auto agents = get_json("/api/clew/v1/system")["agents"];
  EXPECT_EQ(agents["counts"]["healthy"], 1);
  EXPECT_EQ(agents["counts"]["silent"], 0);
  ASSERT_EQ(agents["list"].size(), 2u);
  auto worst = agents["list"][0];
  EXPECT_EQ(worst["state"], "unhealthy");
  EXPECT_EQ(worst["host"], "web-2");
  EXPECT_EQ(worst["service"], "clew.agent");
  EXPECT_EQ(worst["from"], "10.0.0.2");
  EXPECT_EQ(worst["instanceUid"], "02020202-0202-0202-0202-020202020202");
  EXPECT_EQ(worst["lastError"], "exporters: otlp: away");
  EXPECT_EQ(worst["lastSeenUs"], testing::kStart / 1000);
  EXPECT_EQ(worst["silentAfterMs"], 90'000);
  EXPECT_FALSE(worst.contains("startedUs"));
  ASSERT_EQ(worst["parts"].size(), 3u);
  auto otlp = worst["parts"][1];
  EXPECT_EQ(otlp["path"].dump(), R"(["exporters","otlp"])");
  EXPECT_EQ(otlp["healthy"], false);
  EXPECT_EQ(otlp["status"], "3 B queued");
  EXPECT_EQ(otlp["statusUs"], testing::kStart / 1000);
  EXPECT_EQ(agents["list"][1]["startedUs"], testing::kStart / 1000);
}

TEST_F(ClewSystem, CountsAgentsThatItDoesNotList) {
  for (uint32_t i = 0; i <= limits::kOpampAgentsPerAnswer; ++i) {
    opamp::AgentReport report;
    std::memcpy(report.uid.bytes.data(), &i, sizeof i);
    agents_.take(std::move(report), "10.0.0.1");
  }
  serve_system({});
  auto agents = get_json("/api/clew/v1/system")["agents"];
  EXPECT_EQ(agents["list"].size(), limits::kOpampAgentsPerAnswer);
  EXPECT_EQ(agents["counts"]["unknown"], limits::kOpampAgentsPerAnswer + 1);
}

TEST_F(ClewSystem, TakesNoParameters) {
  serve_system({});
  EXPECT_EQ(get_json("/api/clew/v1/system?x=1", 400)["error"]["code"], "invalid_argument");
}

}  // namespace
}  // namespace clew::api
