// The APIs over a real server and a real store: what a client sees.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "api/clew_v1.h"
#include "api/health.h"
#include "api/jaeger_v1.h"
#include "api/testing.h"
#include "api/ui.h"
#include "base/limits.h"
#include "net/encoding.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using nlohmann::json;
using testing::kSecond;
using testing::kStart;

class Api : public testing::ApiTest {
 protected:
  Api() {
    append_checkout();
    net::HttpRoutes routes;
    add_jaeger_v1(routes, *engine_);
    add_clew_v1(routes, *engine_);
    add_health(routes, [this] { return not_ready_; });
    add_ui(routes, UiPages::kStore, kAssets);
    serve(std::move(routes));
  }

  static constexpr Asset kAssets[] = {
      {"/index.html", "text/html; charset=utf-8", "\"1\"", "page", "gz", "br"},
      {"/assets/app.js", "text/javascript; charset=utf-8", "\"2\"", "script", "", ""}};

  std::string not_ready_;
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
  EXPECT_EQ(get_json("/api/traces?service=edge")["data"].size(), 0u);  // the last days
}

TEST_F(Api, ALargeTraceComesInPieces) {
  constexpr uint64_t kSpans = 10'000;
  std::vector<SpanSpec> spans;
  for (uint64_t i = 1; i <= kSpans; ++i)
    spans.push_back({.trace = 8,
                     .span = i,
                     .parent = i / 2,
                     .service = i % 2 == 0 ? "edge" : "shop",
                     .start = kStart + i});
  append(spans);
  for (const char* encoding : {"", "gzip", "zstd"}) {
    auto answer = get("/api/traces/8", {{"Accept-Encoding", encoding}});
    EXPECT_TRUE(answer.has("transfer-encoding: chunked")) << answer.head;
    EXPECT_TRUE(answer.whole);
    auto text = net::decode_content(encoding, SharedBytes::copy(answer.body), 64 << 20);
    ASSERT_TRUE(text) << encoding << text.error().message;
    json trace = json::parse(text->view())["data"][0];
    EXPECT_EQ(trace["processes"].size(), 2u);
    std::set<std::string> ids;
    for (const json& span : trace["spans"]) {
      ids.insert(span["spanID"]);
      bool is_edge = std::stoul(span["spanID"].get<std::string>(), nullptr, 16) % 2 == 0;
      ASSERT_EQ(trace["processes"][span["processID"]]["serviceName"], is_edge ? "edge" : "shop");
    }
    EXPECT_EQ(ids.size(), kSpans);
  }
}

TEST_F(Api, WhoHasALargeTraceIsNotSentItAgain) {
  auto first = get("/api/traces/7");
  size_t at = first.head.find("\r\netag: ");
  ASSERT_NE(at, first.head.npos) << first.head;
  std::string tag = first.head.substr(at + 8, first.head.find("\r\n", at + 8) - at - 8);
  EXPECT_TRUE(tag.starts_with("w/\""));  // the client's head is in lower case
  tag[0] = 'W';
  auto again = get("/api/traces/7", {{"If-None-Match", tag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  append({{.trace = 7, .span = 3, .parent = 1, .start = kStart, .duration = 1}});
  EXPECT_EQ(get("/api/traces/7", {{"If-None-Match", tag}}).status, 200);
}

TEST_F(Api, JaegerSaysWhatItCannotFind) {
  EXPECT_EQ(get_json("/api/traces/8", 404)["errors"],
            json::parse(R"([{"code": 404, "msg": "trace not found"}])"));
  EXPECT_EQ(get_json("/api/traces/nohex", 400)["errors"][0]["code"], 400);
  EXPECT_EQ(get_json("/api/traces?traceID=8")["errors"][0]["code"], 404);
  EXPECT_EQ(get_json("/api/dependencies?endTs=x", 400)["data"], nullptr);
}

TEST_F(Api, JaegerDependenciesAreCountedLive) {
  EXPECT_EQ(get_json("/api/dependencies?endTs=1700000010000&lookback=60000")["data"],
            json::parse(R"([{"parent": "edge", "child": "checkout", "callCount": 1}])"));
  EXPECT_EQ(get_json("/api/dependencies?endTs=1600000000000")["data"], json::array());
  EXPECT_EQ(get_json("/api/dependencies")["data"], json::array());  // of the last day
}

TEST_F(Api, JaegerPrintsPrettyWhenAsked) {
  EXPECT_NE(get("/api/services?prettyPrint=true").body.find("\n    \"data\""), std::string::npos);
}

TEST_F(Api, ClewSearchSummarises) {
  json found = get_json("/api/clew/v1/search?tag=error=true");
  EXPECT_EQ(found["complete"], true);
  ASSERT_EQ(found["traces"].size(), 1u);
  EXPECT_EQ(found["traces"][0], json::parse(R"({
      "traceId": "00000000000000000000000000000007", "rootService": "edge",
      "rootOperation": "ingress", "startUs": 1700000000000000, "durationUs": 1000000,
      "spanCount": 2, "errorCount": 1, "rootMissing": false,
      "services": [{"name": "checkout", "spanCount": 1, "errorCount": 1},
                   {"name": "edge", "spanCount": 1, "errorCount": 0}]})"));
  EXPECT_EQ(get_json("/api/clew/v1/search?service=nobody")["traces"], json::array());
}

TEST_F(Api, ClewNamesTheWrongParameter) {
  EXPECT_EQ(get_json("/api/clew/v1/search?minDuration=5", 400)["error"]["code"],
            "invalid_argument");
  EXPECT_EQ(get_json("/api/clew/v1/search?tag=x", 400)["error"]["message"],
            "tag: \"x\" is not of the form key=value");
  EXPECT_EQ(get_json("/api/clew/v1/traces/8", 404)["error"]["code"], "not_found");
  EXPECT_EQ(get_json("/api/clew/v1/search?limit=0", 400)["error"]["message"],
            "unable to parse param 'limit': it must be at least 1");
  EXPECT_EQ(get_json("/api/clew/v1/search?start=2&end=1", 400)["error"]["message"],
            "'end' is before 'start'");
}

TEST_F(Api, ClewSearchTakesConditions) {
  append(
      {{.trace = 8,
        .attributes = {{"city", "Berlin"}, {"took", "12.5"}},
        .extra_key_values = {key_value("code", any_int(503)), key_value("hit", any_bool(true))}}});
  auto finds = [this](const std::string& query) {
    return get_json("/api/clew/v1/search?" + query)["traces"].size() == 1;
  };
  EXPECT_TRUE(finds("where=code>=500"));
  EXPECT_TRUE(finds("where=span.code+%3D+503&where=city%3D~Ber.*"));
  EXPECT_FALSE(finds("where=code>=500&where=city%3DBern"));
  EXPECT_TRUE(finds("where=took+%3C+13"));
  EXPECT_TRUE(finds("where=hit%3Dtrue"));
  EXPECT_TRUE(finds("where=city"));
  EXPECT_FALSE(finds("where=resource.city"));
  EXPECT_TRUE(finds("where=&where=city"));
}

TEST_F(Api, ClewSearchTakesStatusAndDurationsOfTraces) {
  auto count = [this](const std::string& query) {
    return get_json("/api/clew/v1/search?" + query)["traces"].size();
  };
  EXPECT_EQ(count("status=error"), 1u);
  EXPECT_EQ(count("status=ERROR&service=checkout"), 1u);
  EXPECT_EQ(count("status=error&service=edge"), 0u);
  EXPECT_EQ(count("status=ok"), 0u);
  EXPECT_EQ(count("minTraceDuration=1s&service=checkout"), 1u);
  EXPECT_EQ(count("minDuration=1s&service=checkout"), 0u);
  EXPECT_EQ(count("minTraceDuration=1001ms"), 0u);
  EXPECT_EQ(count("maxTraceDuration=1s"), 1u);
  EXPECT_EQ(count("maxTraceDuration=999ms"), 0u);
}

TEST_F(Api, ClewSearchGoesOnPageByPage) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 0; i < 100; ++i)
    spans.push_back({.trace = 1000 + i, .service = "many", .start = kStart});
  append(spans);
  std::set<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    json page = get_json("/api/clew/v1/search?service=many&limit=30&pageToken=" + token);
    EXPECT_TRUE(page["complete"]);
    for (const json& trace : page["traces"])
      EXPECT_TRUE(seen.insert(trace["traceId"]).second) << trace["traceId"];
    token = page.value("nextPageToken", "");
  } while (!token.empty() && ++pages < 10);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen.size(), 100u);
}

TEST_F(Api, ClewNamesWhatIsWrongInAQuery) {
  auto error = [this](const std::string& query) {
    return get_json("/api/clew/v1/search?" + query, 400)["error"]["message"];
  };
  EXPECT_EQ(
      error("where=a+%3D%3D+b"),
      "unable to parse param 'where': \"a == b\": column 3: there is no such operator, only = "
      "!= < <= > >= =~ !~");
  EXPECT_EQ(
      error("where=a%3D~("),
      "unable to parse param 'where': \"a=~(\": wrong regular expression \"(\": missing ): (");
  EXPECT_EQ(error("status=bad"),
            "unable to parse param 'status': \"bad\" is none of unset, ok and error");
  EXPECT_EQ(error("pageToken=abc"),
            "unable to parse param 'pageToken': it is not what a search gave out");
  EXPECT_EQ(error("minTraceDuration=2s&maxTraceDuration=1s"),
            "'maxTraceDuration' should be greater than 'minTraceDuration'");
  EXPECT_EQ(error("minTraceDuration=5")
                .get<std::string>()
                .find("unable to parse param 'minTraceDuration': "),
            0u);
  std::string many;
  for (size_t i = 0; i <= limits::kTagsPerQuery; ++i) many += "where=a&";
  EXPECT_EQ(error(many), "33 tags and conditions, at most 32 are allowed");
}

TEST_F(Api, ClewTagsForCompletion) {
  append({{.trace = 8,
           .attributes = {{"city", "Berlin"}, {"a/b c", "x"}},
           .extra_key_values = {key_value("city", any_int(7))}},
          {.trace = 9, .attributes = {{"city", "Basel"}, {"city", "Bern"}}}});
  EXPECT_EQ(get_json("/api/clew/v1/tags")["tags"],
            json::parse(R"([{"scope": "resource", "key": "service.name"},
                            {"scope": "span", "key": "a/b c"},
                            {"scope": "span", "key": "city"}])"));
  EXPECT_EQ(get_json("/api/clew/v1/tags?scope=resource")["tags"].size(), 1u);
  EXPECT_EQ(get_json("/api/clew/v1/tags?scope=x", 400)["error"]["message"],
            "unable to parse param 'scope': \"x\" is none of resource, scope, span and event");
  EXPECT_EQ(get_json("/api/clew/v1/tags/city/values")["values"],
            json::parse(R"([{"type": "int64", "value": "7"}, {"type": "string", "value": "Basel"},
                            {"type": "string", "value": "Berlin"},
                            {"type": "string", "value": "Bern"}])"));
  EXPECT_EQ(get_json("/api/clew/v1/tags/city/values?scope=span&prefix=Be&limit=1")["values"],
            json::parse(R"([{"type": "string", "value": "Berlin"}])"));
  EXPECT_EQ(get_json("/api/clew/v1/tags/city/values?scope=event")["values"], json::array());
  EXPECT_EQ(get_json("/api/clew/v1/tags/a%2Fb%20c/values")["values"].size(), 1u);
  EXPECT_EQ(get_json("/api/clew/v1/tags/city/values?limit=0", 400)["error"]["code"],
            "invalid_argument");
}

TEST_F(Api, BothFormsOfAnIdAreOneTrace) {
  append({{.trace = 8, .span = 1}, {.trace = 8, .span = 2, .parent = 1, .trace_high = 1}});
  const std::string full = "00000000000000010000000000000008";
  for (const std::string& id : {full, std::string("8")}) {
    json trace = get_json("/api/clew/v1/traces/" + id);
    EXPECT_EQ(trace["traceId"], full);
    EXPECT_EQ(trace["spans"].size(), 2u);
    json jaeger = get_json("/api/traces/" + id)["data"][0];
    EXPECT_EQ(jaeger["traceID"], full);
    for (const json& span : jaeger["spans"]) EXPECT_EQ(span["traceID"], full);
  }
}

TEST_F(Api, ClewServicesOperationsAndDependencies) {
  EXPECT_EQ(get_json("/api/clew/v1/services"),
            json::parse(R"({"services": ["checkout", "edge"]})"));
  EXPECT_EQ(get_json("/api/clew/v1/operations?service=edge"),
            json::parse(R"({"operations": [{"name": "ingress", "kind": "server"}]})"));
  EXPECT_EQ(get_json("/api/clew/v1/dependencies?end=1700000010000000&lookback=60000"),
            json::parse(R"({"dependencies": [{"parent": "edge", "child": "checkout",
                            "callCount": 1, "errorCount": 1, "p50Us": 486539, "p95Us": 486539,
                            "p99Us": 486539}], "complete": true})"));
}

TEST_F(Api, ATenantSeesOnlyItsOwn) {
  EXPECT_EQ(get("/api/clew/v1/traces/7", {{"X-Scope-OrgID", "other"}}).status, 404);
  EXPECT_EQ(get("/api/clew/v1/traces/7", {{"X-Scope-OrgID", "../x"}}).status, 400);
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
  auto plain = get("/api/clew/v1/traces/8");
  auto compressed = get("/api/clew/v1/traces/8", {{"Accept-Encoding", "gzip"}});
  EXPECT_TRUE(compressed.has("content-encoding: gzip"));
  auto unpacked =
      net::decode_content("gzip", SharedBytes::copy(compressed.body), limits::kDecompressedBytes);
  ASSERT_TRUE(unpacked.has_value());
  EXPECT_EQ(unpacked->view(), plain.body);
  EXPECT_FALSE(get("/health", {{"Accept-Encoding", "gzip"}}).has("content-encoding: gzip"));
}

TEST_F(Api, EveryPageIsTheUi) {
  for (const char* page : {"/", "/search?service=x", "/trace/7?span=1", "/dependencies",
                           "/zipkin/?serviceName=x", "/jaeger/ui/", "/jaeger/ui/trace/7"}) {
    auto answer = get(page);
    EXPECT_EQ(answer.body, "page") << page;
    EXPECT_TRUE(answer.has("cache-control: no-cache"));
    EXPECT_NE(answer.head.find("content-security-policy: default-src 'self'"), std::string::npos);
  }
  EXPECT_EQ(get("/assets/gone.js").status, 404);
}

TEST(Ui, SaysWhereTheAppIs) {
  static constexpr Asset kPage[] = {
      {"/index.html", "text/html", "\"1\"",
       R"(<meta name="clew-base" content="" /><script src="/assets/a.js"></script><a href="/x">)",
       "gz", "br"},
      {"/assets/a.js", "text/javascript", "\"2\"", "script", "", ""}};
  net::HttpRoutes routes("/clew");
  add_ui(routes, UiPages::kStore, kPage);
  auto server = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
  ASSERT_TRUE(server.has_value());
  auto get = [&](const std::string& target, const net::HttpFields& headers = {}) {
    return net::testing::HttpClient((*server)->port()).get(target, headers);
  };
  auto page = get("/clew/trace/7", {{"Accept-Encoding", "br"}});
  EXPECT_EQ(page.body, R"(<meta name="clew-base" content="/clew" />)"
                       R"(<script src="/clew/assets/a.js"></script><a href="/x">)");
  EXPECT_TRUE(page.has("etag: \"1/clew\""));
  EXPECT_EQ(get("/clew/", {{"If-None-Match", "\"1/clew\""}}).status, 304);
  EXPECT_EQ(get("/clew/assets/a.js").body, "script");
  EXPECT_EQ(get("/trace/7").status, 404);
  auto proxied = get("/clew/search", {{"X-Forwarded-Prefix", "/tools/"}});
  EXPECT_NE(proxied.body.find(R"(content="/tools/clew")"), std::string::npos) << proxied.body;
  EXPECT_TRUE(proxied.has("vary: accept-encoding, x-forwarded-prefix"));
  auto hostile = get("/clew/search", {{"X-Forwarded-Prefix", "//evil.example"}});
  EXPECT_EQ(hostile.body, page.body);
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
