// Tempo's API over a real server and a real store: what a client sees.
#include "api/tempo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing.h"
#include "otlp/reader.h"

namespace clew::api {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;

class TempoTest : public testing::ApiTest {
 protected:
  TempoTest() {
    append_checkout();
    append({{.trace = 8,
             .service = "shop",
             .name = "GET /",
             .start = testing::kStart + 60 * testing::kSecond,
             .duration = 2 * testing::kSecond,
             .attributes = {{"http.method", "GET"}, {"user", "ann lee"}}},
            {.trace = 9, .span = 4, .parent = 77, .service = "lost", .start = testing::kStart}});
    net::HttpRoutes routes;
    add_tempo(routes, *engine_, "/tempo");
    serve(std::move(routes));
  }

  /// The traces' IDs, newest first.
  std::vector<std::string> search(const std::string& parameters) {
    std::vector<std::string> ids;
    json found = get_json("/tempo/api/search?" + parameters);
    for (const json& trace : found["traces"]) ids.push_back(trace["traceID"]);
    return ids;
  }

  json values(const std::string& name) {
    return get_json("/tempo/api/v2/search/tag/" + name + "/values")["tagValues"];
  }
};

TEST_F(TempoTest, SaysWhoItIs) {
  EXPECT_EQ(get("/tempo/api/echo").body, "echo");
  EXPECT_EQ(get_json("/tempo/api/status/buildinfo")["version"], "3.0.3");
}

TEST_F(TempoTest, GivesATraceInProtobufsOwnJson) {
  json trace = get_json("/tempo/api/traces/7");
  ASSERT_EQ(trace["batches"].size(), 2u);
  json span = trace["batches"][1]["scopeSpans"][0]["spans"][0];
  EXPECT_EQ(span["traceId"], "AAAAAAAAAAAAAAAAAAAABw==");
  EXPECT_EQ(span["parentSpanId"], "AAAAAAAAAAE=");
  EXPECT_EQ(span["kind"], "SPAN_KIND_SERVER");
  EXPECT_EQ(span["status"]["code"], "STATUS_CODE_ERROR");
  EXPECT_EQ(span["startTimeUnixNano"], "1700000000000001000");
  json second = get_json("/tempo/api/v2/traces/7?start=1&end=2");
  EXPECT_EQ(second["trace"]["resourceSpans"], trace["batches"]);
  EXPECT_EQ(second["metrics"], json::object());
}

TEST_F(TempoTest, GivesATraceInProtobuf) {
  auto ask = [&](const std::string& path) {
    net::HttpFields accept = {{"Accept", "application/protobuf"}};
    return net::testing::HttpClient(server_->port()).call("GET", path, accept);
  };
  auto first = ask("/tempo/api/traces/7");
  EXPECT_THAT(first.head, HasSubstr("application/protobuf"));
  auto batch = otlp::Batch::index(SharedBytes::copy(first.body));
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->spans().size(), 2u);
  auto second = ask("/tempo/api/v2/traces/7");
  std::string_view wrapped;
  for (std::string_view trace : otlp::MessageRange(second.body, 1)) wrapped = trace;
  EXPECT_EQ(wrapped, first.body);
}

TEST_F(TempoTest, SaysWhatItCannotFind) {
  auto missing = get("/tempo/api/traces/123");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, "trace not found\n");
  EXPECT_EQ(get_json("/tempo/api/v2/traces/123"), json::parse(R"({"trace": {}, "metrics": {}})"));
  EXPECT_EQ(get("/tempo/api/traces/nohex").status, 400);
  auto wrong = get("/tempo/api/v2/traces/7?start=yesterday");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("'start'"));
}

TEST_F(TempoTest, SearchesByTags) {
  using List = std::vector<std::string>;
  EXPECT_EQ(search(""), (List{"8", "7", "9"}));
  EXPECT_EQ(search("tags=service.name%3Dcheckout%20error%3Dtrue"), List{"7"});
  EXPECT_EQ(search("tags=user%3D%22ann%20lee%22"), List{"8"});
  EXPECT_EQ(search("tags=name%3Dingress%20status.code%3Dunset"), List{"7"});
  EXPECT_EQ(search("tags=status.code%3Derror"), List{"7"});
  EXPECT_EQ(search("minDuration=1500ms"), List{"8"});
  EXPECT_EQ(search("start=1700000030&end=1700000090"), List{"8"});
  EXPECT_EQ(search("limit=1"), List{"8"});
  json found = get_json("/tempo/api/search?tags=error%3Dtrue")["traces"][0];
  json spanset = json::parse(R"({"matched": 1, "spans": [{
      "spanID": "0000000000000002", "name": "POST /pay",
      "startTimeUnixNano": "1700000000000001000", "durationNanos": "500000000"}]})");
  EXPECT_EQ(found["spanSets"], json::array({spanset}));
  EXPECT_EQ(found["spanSet"], spanset);
  found.erase("spanSets");
  found.erase("spanSet");
  EXPECT_EQ(found, json::parse(R"({
      "traceID": "7", "rootServiceName": "edge", "rootTraceName": "ingress",
      "startTimeUnixNano": "1700000000000000000", "durationMs": 1000, "serviceStats": {
          "edge": {"spanCount": 1}, "checkout": {"spanCount": 1, "errorCount": 1}}})"));
  json tagged = get_json("/tempo/api/search?tags=user%3D%22ann%20lee%22")["traces"][0];
  EXPECT_EQ(tagged["spanSets"][0]["spans"][0]["attributes"],
            json::parse(R"([{"key": "user", "value": {"stringValue": "ann lee"}}])"));
  json rootless = get_json("/tempo/api/search?tags=service.name%3Dlost")["traces"][0];
  EXPECT_EQ(rootless["rootServiceName"], "<root span not yet received>");
  EXPECT_EQ(get("/tempo/api/search?tags=a%3D%22").status, 400);
  EXPECT_THAT(get("/tempo/api/search?limit=x").body, HasSubstr("limit"));
}

TEST_F(TempoTest, ListsTags) {
  json first = get_json("/tempo/api/search/tags")["tagNames"];
  EXPECT_THAT(first, Contains("http.method"));
  EXPECT_THAT(first, ::testing::Not(Contains("duration")));
  EXPECT_THAT(get_json("/tempo/api/search/tags?scope=intrinsic")["tagNames"], Contains("duration"));
  std::map<std::string, json> scopes;
  json by_scope = get_json("/tempo/api/v2/search/tags");
  for (const json& scope : by_scope["scopes"]) scopes[scope["name"]] = scope["tags"];
  EXPECT_THAT(scopes["span"], Contains("user"));
  EXPECT_THAT(scopes["intrinsic"], Contains("trace:rootService"));
  EXPECT_EQ(get_json("/tempo/api/v2/search/tags?scope=span")["scopes"].size(), 1u);
  EXPECT_EQ(get("/tempo/api/v2/search/tags?scope=nowhere").body, "invalid scope: nowhere\n");
}

TEST_F(TempoTest, ListsValues) {
  EXPECT_EQ(values("span.http.method"), json::parse(R"([{"type": "string", "value": "GET"}])"));
  EXPECT_EQ(values(".user"), json::parse(R"([{"type": "string", "value": "ann lee"}])"));
  EXPECT_EQ(values("status")[1], json::parse(R"({"type": "keyword", "value": "error"})"));
  EXPECT_THAT(values("name"), Contains(json({{"type", "string"}, {"value", "POST /pay"}})));
  EXPECT_EQ(values("resource.service.name").size(), 4u);
  EXPECT_EQ(values("duration"), json::array());
  EXPECT_EQ(get_json("/tempo/api/search/tag/service.name/values?limit=1")["tagValues"].size(), 1u);
  EXPECT_EQ(get_json("/tempo/api/search/tag/status.code/values")["tagValues"][0], "ok");
  auto wrong = get("/tempo/api/v2/search/tag/service.name/values");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("service.name"));
}

}  // namespace
}  // namespace clew::api
