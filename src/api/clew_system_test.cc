#include "api/clew_system.h"

#include <gtest/gtest.h>

#include "api/testing.h"
#include "store/space_watch.h"

namespace clew::api {
namespace {

class ClewSystem : public testing::ApiTest {
 protected:
  void serve_system(SystemAbout about) {
    net::HttpRoutes routes;
    add_clew_system(routes, *store_, std::move(about));
    serve(std::move(routes));
  }
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

TEST_F(ClewSystem, TakesNoParameters) {
  serve_system({});
  EXPECT_EQ(get_json("/api/clew/v1/system?x=1", 400)["error"]["code"], "invalid_argument");
}

}  // namespace
}  // namespace clew::api
