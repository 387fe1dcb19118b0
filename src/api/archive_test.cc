#include "api/archive.h"

#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/disk_memory.h"
#include "net/http_testing.h"
#include "otlp/testing.h"
#include "store/store_memory.h"

namespace clew::api {
namespace {

using nlohmann::json;

/// A store with trace 7 behind a server on a free port.
class Archive : public ::testing::Test {
 protected:
  Archive() : disk_(store::memory_disk_bytes({})) {
    store::StoreOptions options;
    store::keep_in_memory(options, disk_, {});
    store_ = *store::Store::open(options);
    std::promise<bool> accepted;
    store_->append(Tenant(), otlp::testing::batch_of({{.trace = 7}, {.trace = 7, .span = 2}}),
                   [&](Result<void> result) { accepted.set_value(result.has_value()); });
    CLEW_CHECK(accepted.get_future().get());
    net::HttpRoutes routes;
    add_archive(routes, *store_);
    server_ = *net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
  }
  ~Archive() override { server_->stop(std::chrono::seconds(5)); }

  net::testing::HttpAnswer call(std::string_view method, std::string_view path,
                                const net::HttpFields& headers = {}) {
    return net::testing::HttpClient(server_->port()).call(method, path, headers);
  }
  json pins() { return json::parse(call("GET", "/api/clew/v1/pins").body)["traceIds"]; }

  MemoryDisk disk_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<net::HttpServer> server_;
};

const std::string kSeven = "00000000000000000000000000000007";

TEST_F(Archive, JaegersArchivePinsTheTrace) {
  auto answer = call("POST", "/api/archive/" + kSeven);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({"data": [], "total": 0, "limit": 0,
                                                      "offset": 0, "errors": []})"));
  EXPECT_EQ(pins(), json::array({kSeven}));
}

TEST_F(Archive, JaegersArchiveTellsErrorsInItsEnvelope) {
  auto unknown = call("POST", "/api/archive/8");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(json::parse(unknown.body),
            json::parse(R"({"data": null, "total": 0, "limit": 0, "offset": 0,
                            "errors": [{"code": 404, "msg": "trace not found"}]})"));
  EXPECT_EQ(call("POST", "/api/archive/xyz").status, 400);
  EXPECT_EQ(call("POST", "/api/archive/7", {{"X-Scope-OrgID", "other"}}).status, 404);
  EXPECT_EQ(call("POST", "/api/archive/7", {{"X-Scope-OrgID", "a/b"}}).status, 400);
  EXPECT_EQ(call("GET", "/api/archive/7").status, 405);
  EXPECT_EQ(pins(), json::array());
}

TEST_F(Archive, PinsAndUnpins) {
  auto pinned = call("PUT", "/api/clew/v1/traces/7/pin");
  EXPECT_EQ(pinned.status, 200);
  EXPECT_EQ(json::parse(pinned.body),
            (json{{"traceId", kSeven}, {"spanCount", 2}, {"complete", true}}));
  EXPECT_EQ(pins(), json::array({kSeven}));
  EXPECT_EQ(call("DELETE", "/api/clew/v1/traces/7/pin").status, 200);
  EXPECT_EQ(pins(), json::array());
  auto again = call("DELETE", "/api/clew/v1/traces/7/pin");
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(json::parse(again.body)["error"]["code"], "not_found");
  EXPECT_EQ(call("PUT", "/api/clew/v1/traces/8/pin").status, 404);
}

}  // namespace
}  // namespace clew::api
