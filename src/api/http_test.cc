// The APIs over a real server and a real store: what a client sees.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>

#include "api/clew_v1.h"
#include "api/health.h"
#include "api/jaeger_v1.h"
#include "api/ui.h"
#include "base/limits.h"
#include "net/encoding.h"
#include "net/http_testing.h"
#include "otlp/testing.h"
#include "query/engine.h"
#include "store/store.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using nlohmann::json;

constexpr UnixNanos kSecond = 1'000'000'000;
constexpr UnixNanos kStart = 1'700'000'000 * kSecond;

/// A store with one trace, edge → checkout (failed), behind a server on a free port.
class Api : public ::testing::Test {
 protected:
  Api() {
    char pattern[] = "/tmp/clew-api-test-XXXXXX";
    directory_ = mkdtemp(pattern);
    store_ = *store::Store::open({.directory = directory_});
    engine_ = std::make_unique<query::Engine>(*store_);
    append(
        {{.trace = 7, .service = "edge", .name = "ingress", .start = kStart, .duration = kSecond},
         {.trace = 7,
          .span = 2,
          .parent = 1,
          .service = "checkout",
          .name = "POST /pay",
          .start = kStart + 1000,
          .duration = kSecond / 2,
          .status = otlp::StatusCode::kError}});
    net::HttpRoutes routes;
    add_jaeger_v1(routes, *engine_);
    add_clew_v1(routes, *engine_);
    add_health(routes, [this] { return not_ready_; });
    add_ui(routes, kAssets);
    server_ = *net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
  }
  ~Api() override {
    server_->stop(std::chrono::seconds(5));
    store_->close();
    std::filesystem::remove_all(directory_);
  }

  void append(const std::vector<SpanSpec>& spans) {
    std::promise<bool> accepted;
    store_->append(Tenant(), batch_of(spans),
                   [&](Result<void> result) { accepted.set_value(result.has_value()); });
    CLEW_CHECK(accepted.get_future().get());
  }

  net::testing::HttpAnswer get(const std::string& target, const net::HttpFields& headers = {}) {
    return net::testing::HttpClient(server_->port()).get(target, headers);
  }

  json get_json(const std::string& target, int expected_status = 200) {
    auto answer = get(target);
    EXPECT_EQ(answer.status, expected_status) << target << ": " << answer.body;
    return json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  }

  static constexpr Asset kAssets[] = {
      {"/index.html", "text/html; charset=utf-8", "\"1\"", "page", "gz", "br"},
      {"/assets/app.js", "text/javascript; charset=utf-8", "\"2\"", "script", "", ""}};

  std::string directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<query::Engine> engine_;
  std::string not_ready_;
  std::unique_ptr<net::HttpServer> server_;
};

const std::string kAround = "&start=1699999990000000&end=1700000010000000";

TEST_F(Api, JaegerServicesAndOperations) {
  EXPECT_EQ(get_json("/api/services"),
            json::parse(R"({"data": ["checkout", "edge"], "total": 2, "limit": 0, "offset": 0,
                            "errors": null})"));
  EXPECT_EQ(get_json("/api/services/edge/operations")["data"], json::parse(R"(["ingress"])"));
  EXPECT_EQ(get_json("/api/operations?service=checkout")["data"],
            json::parse(R"([{"name": "POST /pay", "spanKind": "server"}])"));
  EXPECT_EQ(get_json("/api/operations?service=checkout&spanKind=client")["data"], json::array());
  EXPECT_EQ(get_json("/api/operations", 400)["errors"][0]["msg"],
            "parameter 'service' is required");
}

TEST_F(Api, JaegerFindsTheTrace) {
  json by_id = get_json("/api/traces/0000000000000007");
  ASSERT_EQ(by_id["data"].size(), 1u);
  EXPECT_EQ(by_id["data"][0]["spans"].size(), 2u);
  EXPECT_EQ(get_json("/api/traces?service=edge" + kAround)["data"], by_id["data"]);
  EXPECT_EQ(get_json("/api/traces?traceID=7")["data"], by_id["data"]);
  EXPECT_EQ(get_json("/api/traces?service=checkout&tag=error:true" + kAround)["data"].size(), 1u);
  EXPECT_EQ(get_json("/api/traces?service=edge&tag=error:true" + kAround)["data"].size(), 0u);
  EXPECT_EQ(get_json("/api/traces?service=edge&minDuration=2s" + kAround)["data"].size(), 0u);
  EXPECT_EQ(get_json("/api/traces?service=edge")["data"].size(), 0u);  // the last hour
}

TEST_F(Api, JaegerSaysWhatItCannotFind) {
  EXPECT_EQ(get_json("/api/traces/8", 404)["errors"],
            json::parse(R"([{"code": 404, "msg": "trace not found"}])"));
  EXPECT_EQ(get_json("/api/traces/nohex", 400)["errors"][0]["code"], 400);
  EXPECT_EQ(get_json("/api/traces?traceID=8")["errors"][0]["code"], 404);
  EXPECT_EQ(get_json("/api/dependencies", 400)["data"], nullptr);
}

TEST_F(Api, JaegerDependenciesAreCountedLive) {
  EXPECT_EQ(get_json("/api/dependencies?endTs=1700000010000&lookback=60000")["data"],
            json::parse(R"([{"parent": "edge", "child": "checkout", "callCount": 1}])"));
  EXPECT_EQ(get_json("/api/dependencies?endTs=1600000000000")["data"], json::array());
}

TEST_F(Api, JaegerPrintsPrettyWhenAsked) {
  EXPECT_NE(get("/api/services?prettyPrint=true").body.find("\n    \"data\""), std::string::npos);
}

TEST_F(Api, ClewSearchSummarises) {
  json found = get_json("/clew/v1/search?tag=error=true");
  EXPECT_EQ(found["complete"], true);
  ASSERT_EQ(found["traces"].size(), 1u);
  EXPECT_EQ(found["traces"][0], json::parse(R"({
      "traceId": "00000000000000000000000000000007", "rootService": "edge",
      "rootOperation": "ingress", "startUs": 1700000000000000, "durationUs": 1000000,
      "spanCount": 2, "errorCount": 1, "rootMissing": false,
      "services": [{"name": "checkout", "spanCount": 1, "errorCount": 1},
                   {"name": "edge", "spanCount": 1, "errorCount": 0}]})"));
  EXPECT_EQ(get_json("/clew/v1/search?service=nobody")["traces"], json::array());
}

TEST_F(Api, ClewNamesTheWrongParameter) {
  EXPECT_EQ(get_json("/clew/v1/search?minDuration=5", 400)["error"]["code"], "invalid_argument");
  EXPECT_EQ(get_json("/clew/v1/search?tag=x", 400)["error"]["message"],
            "tag: \"x\" is not of the form key=value");
  EXPECT_EQ(get_json("/clew/v1/traces/8", 404)["error"]["code"], "not_found");
  EXPECT_EQ(get_json("/clew/v1/search?limit=0", 400)["error"]["message"],
            "unable to parse param 'limit': it must be at least 1");
  EXPECT_EQ(get_json("/clew/v1/search?start=2&end=1", 400)["error"]["message"],
            "'end' is before 'start'");
}

TEST_F(Api, ClewServicesOperationsAndDependencies) {
  EXPECT_EQ(get_json("/clew/v1/services"), json::parse(R"({"services": ["checkout", "edge"]})"));
  EXPECT_EQ(get_json("/clew/v1/operations?service=edge"),
            json::parse(R"({"operations": [{"name": "ingress", "kind": "server"}]})"));
  EXPECT_EQ(get_json("/clew/v1/dependencies?end=1700000010000000&lookback=60000"),
            json::parse(R"({"dependencies": [{"parent": "edge", "child": "checkout",
                            "callCount": 1, "errorCount": 1}], "complete": true})"));
}

TEST_F(Api, ATenantSeesOnlyItsOwn) {
  EXPECT_EQ(get("/clew/v1/traces/7", {{"X-Scope-OrgID", "other"}}).status, 404);
  EXPECT_EQ(get("/clew/v1/traces/7", {{"X-Scope-OrgID", "../x"}}).status, 400);
  EXPECT_EQ(get("/api/traces/7", {{"X-Scope-OrgID", "anonymous"}}).status, 200);
}

TEST_F(Api, HealthReadyAndMetrics) {
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_EQ(get("/ready").status, 200);
  not_ready_ = "the disk is full";
  EXPECT_EQ(get("/ready").status, 503);
  EXPECT_EQ(get("/ready").body, "the disk is full\n");
  EXPECT_NE(get("/metrics").body.find("clew_query_duration_seconds"), std::string::npos);
}

TEST_F(Api, LargeAnswersAreCompressedForThoseWhoTakeIt) {
  append({{.trace = 8, .attributes = {{"long", std::string(5000, 'x')}}}});
  auto plain = get("/clew/v1/traces/8");
  auto compressed = get("/clew/v1/traces/8", {{"Accept-Encoding", "gzip"}});
  EXPECT_TRUE(compressed.has("content-encoding: gzip"));
  auto unpacked =
      net::decode_content("gzip", SharedBytes::copy(compressed.body), limits::kDecompressedBytes);
  ASSERT_TRUE(unpacked.has_value());
  EXPECT_EQ(unpacked->view(), plain.body);
  EXPECT_FALSE(get("/health", {{"Accept-Encoding", "gzip"}}).has("content-encoding: gzip"));
}

TEST_F(Api, EveryPageIsTheUi) {
  for (const char* page : {"/", "/search?service=x", "/trace/7?span=1", "/dependencies"}) {
    auto answer = get(page);
    EXPECT_EQ(answer.body, "page") << page;
    EXPECT_TRUE(answer.has("cache-control: no-cache"));
    EXPECT_NE(answer.head.find("content-security-policy: default-src 'self'"), std::string::npos);
  }
  EXPECT_EQ(get("/assets/gone.js").status, 404);
}

TEST_F(Api, UiFilesComeAsTheBrowserWantsThem) {
  auto page = [this](const std::string& accepted) {
    return get("/", {{"Accept-Encoding", accepted}});
  };
  EXPECT_EQ(page("gzip, deflate, br, zstd").body, "br");
  EXPECT_TRUE(page("gzip, br").has("content-encoding: br"));
  EXPECT_EQ(page("gzip;q=0.5").body, "gz");
  EXPECT_EQ(page("br;q=0, gzip").body, "gz");
  EXPECT_EQ(page("identity").body, "page");
  auto script = get("/assets/app.js", {{"Accept-Encoding", "br"}});
  EXPECT_EQ(script.body, "script");
  EXPECT_TRUE(script.has("cache-control: public, max-age=31536000, immutable"));
  EXPECT_EQ(get("/", {{"If-None-Match", "\"1\""}}).status, 304);
}

}  // namespace
}  // namespace clew::api
