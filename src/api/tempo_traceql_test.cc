// TraceQL through Tempo's API over a real server and a real store: what a client sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>

#include "api/tempo.h"
#include "api/tempo_tags.h"
#include "api/testing.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class TempoTraceqlTest : public testing::ApiTest {
 protected:
  TempoTraceqlTest() {
    append_checkout();
    append({{.trace = 8,
             .service = "shop",
             .name = "GET /",
             .start = testing::kStart + 60 * testing::kSecond,
             .duration = 2 * testing::kSecond,
             .attributes = {{"http.method", "GET"}, {"user", "ann lee"}},
             .extra_key_values = {key_value("http.status_code", any_int(503)),
                                  key_value("cost", any_double(1.5)),
                                  key_value("cached", any_bool(true))}},
            {.trace = 8,
             .span = 2,
             .parent = 1,
             .service = "basket",
             .name = "add",
             .start = testing::kStart + 60 * testing::kSecond + 5,
             .attributes = {{"http.method", "PUT"}, {"item", "tea"}}},
            {.trace = 9, .span = 4, .parent = 77, .service = "lost", .start = testing::kStart}});
    net::HttpRoutes routes;
    add_tempo(routes, *engine_, "");
    serve(std::move(routes));
  }

  static std::string encoded(const std::string& text) {
    std::string out;
    for (char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
  }

  json search(const std::string& query, const std::string& more = "") {
    return get_json("/api/search?q=" + encoded(query) + more)["traces"];
  }

  /// The traces' IDs, newest first.
  std::vector<std::string> ids(const std::string& query, const std::string& more = "") {
    std::vector<std::string> found;
    json traces = search(query, more);
    for (const json& trace : traces) found.push_back(trace["traceID"]);
    return found;
  }

  std::vector<std::string> values(const std::string& tag, const std::string& query) {
    std::vector<std::string> found;
    json answer = get_json("/api/v2/search/tag/" + tag + "/values?q=" + encoded(query));
    for (const json& value : answer["tagValues"]) found.push_back(value["value"]);
    return found;
  }

  json tags(const std::string& scope, const std::string& query) {
    json answer = get_json("/api/v2/search/tags?scope=" + scope + "&q=" + encoded(query));
    return answer["scopes"].empty() ? json::array() : answer["scopes"][0]["tags"];
  }
};

using List = std::vector<std::string>;

TEST_F(TempoTraceqlTest, FindsTraces) {
  EXPECT_EQ(ids("{ }"), (List{"8", "7", "9"}));
  EXPECT_EQ(ids("{ status = error }"), List{"7"});
  EXPECT_EQ(ids("{ .service.name = \"edge\" } >> { .service.name = \"checkout\" }"), List{"7"});
  EXPECT_EQ(ids("{ }", "&limit=2"), (List{"8", "7"}));
  EXPECT_EQ(ids("{ }", "&start=1700000030&end=1700000090"), List{"8"});
  EXPECT_EQ(ids("{ }", "&minDuration=1500ms"), List{"8"});
  EXPECT_EQ(ids("{ }", "&maxDuration=10ms"), List{"9"});
  EXPECT_EQ(ids("{ name = \"nothing\" }"), List{});
}

TEST_F(TempoTraceqlTest, GivesSpansWithWhatWasAsked) {
  json trace =
      search("{ .http.status_code >= 500 && .cost > 1 && .cached } | select(.user, kind)")[0];
  EXPECT_EQ(trace["rootServiceName"], "shop");
  EXPECT_EQ(trace["rootTraceName"], "GET /");
  EXPECT_EQ(trace["startTimeUnixNano"], "1700000060000000000");
  EXPECT_EQ(trace["durationMs"], 2000);
  EXPECT_EQ(trace["spanSets"], json::parse(R"([{"matched": 1, "spans": [{
      "spanID": "0000000000000001", "name": "GET /",
      "startTimeUnixNano": "1700000060000000000", "durationNanos": "2000000000",
      "attributes": [{"key": "http.status_code", "value": {"intValue": "503"}},
                     {"key": "cost", "value": {"doubleValue": 1.5}},
                     {"key": "cached", "value": {"boolValue": true}},
                     {"key": "user", "value": {"stringValue": "ann lee"}},
                     {"key": "kind", "value": {"stringValue": "server"}}]}]}])"));
  EXPECT_EQ(trace["spanSet"], trace["spanSets"][0]);
}

TEST_F(TempoTraceqlTest, GivesASpansetForEachGroup) {
  json trace = search("{ .http.method != nil } | by(.http.method)")[0];
  ASSERT_EQ(trace["spanSets"].size(), 2u);
  std::vector<json> groups;
  for (const json& spanset : trace["spanSets"])
    groups.push_back(spanset["attributes"][0]["value"]["stringValue"]);
  EXPECT_THAT(groups, ::testing::UnorderedElementsAre("GET", "PUT"));
}

TEST_F(TempoTraceqlTest, CutsSpansetsButCountsAll) {
  json spanset = search("{ trace:rootService = \"shop\" }", "&spss=1")[0]["spanSets"][0];
  EXPECT_EQ(spanset["spans"].size(), 1u);
  EXPECT_EQ(spanset["matched"], 2);
}

TEST_F(TempoTraceqlTest, SaysWhatItReadAndThatRootsAreMissing) {
  json answer = get_json("/api/search?q=" + encoded("{ .service.name = \"lost\" }"));
  EXPECT_EQ(answer["traces"][0]["rootServiceName"], "<root span not yet received>");
  EXPECT_EQ(answer["metrics"]["inspectedTraces"], 1);
  EXPECT_EQ(answer["metrics"]["inspectedSpans"], "1");
  EXPECT_EQ(answer["metrics"]["completedJobs"], answer["metrics"]["totalJobs"]);
}

TEST_F(TempoTraceqlTest, SaysWhatIsWrong) {
  auto error_of = [&](const std::string& query) {
    auto answer = get("/api/search?q=" + encoded(query));
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_THAT(answer.head, HasSubstr("text/plain")) << query;
    return answer.body;
  };
  EXPECT_THAT(error_of("{ span.a = }"), HasSubstr("column 12"));
  EXPECT_THAT(error_of("{ } | rate()"), HasSubstr("metrics"));
  EXPECT_EQ(get("/api/search?q=%7B%7D&tags=a%3Db").status, 400);
  EXPECT_EQ(get("/api/search?q=%7B%7D&start=1").status, 400);
}

TEST_F(TempoTraceqlTest, AnswersInProtobuf) {
  net::HttpFields accept = {{"Accept", "application/protobuf"}};
  auto answer = net::testing::HttpClient(server_->port())
                    .call("GET", "/api/search?q=" + encoded("{ .cost = 1.5 }"), accept);
  protozero::pbf_reader response(answer.body);
  ASSERT_TRUE(response.next(1));
  protozero::pbf_reader trace = response.get_message();
  ASSERT_TRUE(trace.next(7));
  protozero::pbf_reader spanset = trace.get_message();
  ASSERT_TRUE(spanset.next(1));
  protozero::pbf_reader span = spanset.get_message();
  ASSERT_TRUE(span.next(1));
  EXPECT_EQ(span.get_string(), "0000000000000001");
  ASSERT_TRUE(span.next(5));
  std::string attribute = span.get_string();
  EXPECT_EQ(attribute, key_value("cost", any_double(1.5)));
  ASSERT_TRUE(response.next(2));
  protozero::pbf_reader metrics = response.get_message();
  ASSERT_TRUE(metrics.next(5));
  EXPECT_EQ(metrics.get_uint32(), 1u);  // jobs
}

TEST_F(TempoTraceqlTest, ListsValuesOfSomeSpans) {
  EXPECT_EQ(values("span.http.method", ""), (List{"GET", "PUT"}));
  EXPECT_EQ(values("span.http.method", "{ .service.name = \"basket\" }"), List{"PUT"});
  EXPECT_EQ(values("resource.service.name", "{ status = error }"), List{"checkout"});
  EXPECT_EQ(values("name", "{ .http.method != nil }"), (List{"GET /", "add"}));
  EXPECT_EQ(values("status", "{ name = \"POST /pay\" }"), List{"error"});
  EXPECT_EQ(values("span.item", "{ .service.name = \"shop\" }"), List{});
  // What cannot be read yet does not count.
  EXPECT_EQ(values("span.http.method", "{ .service.name = \"basket\" && .item = }"), List{"PUT"});
  EXPECT_EQ(values("span.http.method", "{ .service.name = }"), (List{"GET", "PUT"}));
  EXPECT_EQ(values("span.http.method", "{ duration > 5s && duration < 1s }"), List{});
  json typed = get_json("/api/v2/search/tag/span.http.status_code/values?q=" +
                        encoded("{ name = \"GET /\" }"))["tagValues"];
  EXPECT_EQ(typed, json::parse(R"([{"type": "int", "value": "503"}])"));
  std::string some = encoded("{ name != \"x\" }");
  EXPECT_EQ(get_json("/api/v2/search/tag/name/values?limit=1&q=" + some)["tagValues"].size(), 1u);
  EXPECT_EQ(get_json("/api/v2/search/tag/name/values?start=1&end=2&q=" + some)["tagValues"],
            json::array());
}

TEST_F(TempoTraceqlTest, ListsTagsOfSomeSpans) {
  json all = tags("span", "{ }");
  EXPECT_THAT(all, Contains("item"));
  EXPECT_THAT(all, Contains("user"));
  json some = tags("span", "{ .service.name = \"basket\" }");
  EXPECT_EQ(some, json::parse(R"(["http.method", "item"])"));
  EXPECT_EQ(tags("resource", "{ status = error }"), json::parse(R"(["service.name"])"));
  EXPECT_EQ(tags("link", "{ }"), json::array());
  json read = get_json("/api/v2/search/tags?q=" + encoded("{ status = error }"))["metrics"];
  EXPECT_EQ(read["totalJobs"], 1);
  EXPECT_EQ(read["completedJobs"], 1);
  EXPECT_EQ(get_json("/api/v2/search/tags")["metrics"], json::object());
  json limited = get_json("/api/v2/search/tags?scope=span&limit=2")["scopes"][0]["tags"];
  EXPECT_EQ(limited.size(), 2u);
  EXPECT_EQ(get("/api/v2/search/tags?limit=0").status, 400);
}

TEST_F(TempoTraceqlTest, ReadsSoManyTracesForAList) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 0; i < kTracesReadForNames + 1; ++i)
    spans.push_back({.trace = 100 + i,
                     .service = i == 0 ? "oldest" : "newer",
                     .start = testing::kStart + (1000 + i) * testing::kSecond,
                     .attributes = {{"many", i == 0 ? "first" : "other"}}});
  append(spans);
  auto answer = get("/api/v2/search/tag/span.many/values?q=" + encoded("{ .many != nil }"));
  json list = json::parse(answer.body);
  EXPECT_EQ(list["tagValues"], json::parse(R"([{"type": "string", "value": "other"}])"));
  EXPECT_THAT(answer.head, HasSubstr("warning: 199"));
  EXPECT_EQ(list["metrics"]["totalJobs"], 1);
  EXPECT_FALSE(list["metrics"].contains("completedJobs"));
  // What the indexes can tell apart is found however old it is.
  EXPECT_EQ(values("span.many", "{ .service.name = \"oldest\" }"), List{"first"});
}

TEST_F(TempoTraceqlTest, GivesSomeSpansOfATrace) {
  auto names = [&](const std::string& query, const std::string& more = "") {
    List found;
    json answer = get_json("/api/v2/traces/8?q=" + encoded(query) + more);
    for (const json& resource : answer["trace"]["resourceSpans"])
      for (const json& span : resource["scopeSpans"][0]["spans"]) found.push_back(span["name"]);
    return found;
  };
  EXPECT_EQ(names("{ .item = \"tea\" }"), (List{"GET /", "add"}));
  EXPECT_EQ(names("{ .item = \"tea\" }", "&keep_hierarchy=false"), List{"add"});
  EXPECT_EQ(names("{ name = \"GET /\" }"), List{"GET /"});
  EXPECT_EQ(names("{ name = \"nothing\" }"), List{});
  EXPECT_EQ(names("{ }", "&keep_hierarchy=false"), (List{"GET /", "add"}));
  for (const char* wrong : {"{ } | rate()", "{ } >> { }", "{ span.a = }", "{ } | count() > 1"})
    EXPECT_EQ(get("/api/v2/traces/8?q=" + encoded(wrong)).status, 400) << wrong;
  EXPECT_EQ(get("/api/v2/traces/8?keep_hierarchy=maybe").status, 400);
}

TEST_F(TempoTraceqlTest, AnswersAtItsOwnPaths) {
  EXPECT_EQ(get("/api/echo").body, "echo");
  EXPECT_EQ(get_json("/status/buildinfo"), get_json("/api/status/buildinfo"));
}

}  // namespace
}  // namespace clew::api
