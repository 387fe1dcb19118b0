// Jaeger's v1 HTTP API over a real server and a real store: what it can do with one trace.
#include "api/jaeger_v1.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/testing.h"

namespace clew::api {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::kSecond;
using testing::kStart;

/// Trace 7, whose second span is of another host and begins 100 ms before its parent.
class JaegerV1Test : public testing::ApiTest {
 protected:
  JaegerV1Test() {
    append({{.trace = 7, .service = "edge", .name = "in", .start = kStart, .duration = kSecond},
            {.trace = 7,
             .span = 2,
             .parent = 1,
             .service = "shop",
             .name = "pay",
             .start = kStart - kSecond / 10,
             .duration = kSecond / 2}});
    net::HttpRoutes routes;
    add_jaeger_v1(routes, *engine_, {.max_clock_skew = 1s});
    add_jaeger_transform(routes, [this](std::string_view json) -> Result<std::string> {
      if (json != "{}") return fail(Code::kInvalid, "no JSON of spans");
      return otlp_;
    });
    serve(std::move(routes));
  }

  json span(const std::string& target, const std::string& id) {
    json answer = get_json(target);
    for (const json& span : answer["data"].at(0)["spans"])
      if (span["spanID"] == id) return span;
    return nullptr;
  }

  std::string otlp_;  // what the JSON of a transform is made
  const std::string kSecondSpan = "0000000000000002";
};

TEST_F(JaegerV1Test, ClocksThatDifferAreCorrectedUnlessRaw) {
  const json corrected = span("/api/traces/7", kSecondSpan);
  EXPECT_EQ(corrected["startTime"], (kStart + kSecond / 4) / 1000);
  EXPECT_EQ(corrected["duration"], kSecond / 2 / 1000);
  ASSERT_EQ(corrected["warnings"].size(), 1u);
  EXPECT_TRUE(corrected["warnings"][0].get<std::string>().starts_with("moved by 350ms"));
  for (const json& tag : corrected["tags"]) EXPECT_NE(tag["key"], "@jaeger@warnings");
  for (const char* raw : {"/api/traces/7?raw=true", "/api/traces?traceID=7&raw=1",
                          "/api/traces?service=shop&raw=t&start=1600000000000000"}) {
    json as_stored = span(raw, kSecondSpan);
    EXPECT_EQ(as_stored["startTime"], (kStart - kSecond / 10) / 1000) << raw;
    EXPECT_EQ(as_stored["warnings"], nullptr) << raw;
  }
  EXPECT_EQ(span("/api/traces?traceID=7", kSecondSpan), corrected);
  EXPECT_EQ(span("/api/traces?service=shop&start=1600000000000000", kSecondSpan), corrected);
  EXPECT_EQ(get_json("/api/traces/7?raw=x", 400)["errors"][0]["msg"],
            "unable to parse param 'raw': \"x\" is neither true nor false");
}

TEST_F(JaegerV1Test, IdsMayBeBase64) {
  json by_hex = get_json("/api/traces/7");
  // 16 bytes, the last of which is 7; with and without padding, and the 8 bytes of a short ID.
  for (const char* id :
       {"AAAAAAAAAAAAAAAAAAAABw%3D%3D", "AAAAAAAAAAAAAAAAAAAABw", "AAAAAAAAAAc%3D"})
    EXPECT_EQ(get_json(std::string("/api/traces/") + id), by_hex) << id;
  EXPECT_TRUE(get_json("/api/traces/no-id", 400)["errors"][0]["msg"].get<std::string>().contains(
      "\"no-id\" is not a trace ID"));
  EXPECT_EQ(get_json("/api/traces/7?start=x", 400)["errors"][0]["msg"],
            "unable to parse param 'start': \"x\" is not a whole number");
}

TEST_F(JaegerV1Test, WhoHasTheTraceIsNotSentItAgain) {
  auto first = get("/api/traces/7");
  size_t at = first.head.find("\r\netag: ");
  ASSERT_NE(at, first.head.npos) << first.head;
  std::string tag = first.head.substr(at + 8, first.head.find("\r\n", at + 8) - at - 8);
  EXPECT_EQ(tag.size(), 34u);
  for (const std::string& has : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    auto again = get("/api/traces/7", {{"If-None-Match", has}});
    EXPECT_EQ(again.status, 304) << has;
    EXPECT_EQ(again.body, "");
    EXPECT_TRUE(again.has("etag: " + tag));
  }
  EXPECT_EQ(get("/api/traces/7", {{"If-None-Match", "\"x\""}}).status, 200);
  EXPECT_EQ(get("/api/traces/7?raw=true", {{"If-None-Match", tag}}).status, 200);
  append({{.trace = 7, .span = 3, .parent = 1, .start = kStart, .duration = 1}});
  auto grown = get("/api/traces/7", {{"If-None-Match", tag}});
  EXPECT_EQ(grown.status, 200);
  EXPECT_FALSE(grown.has("etag: " + tag));
}

TEST_F(JaegerV1Test, TransformsSpansIntoTracesOfTheUi) {
  otlp_ = otlp::testing::request_bytes({{.trace = 8, .service = "a", .name = "x"},
                                        {.trace = 9, .service = "b", .name = "y"},
                                        {.trace = 8, .span = 2, .service = "b", .name = "z"}});
  auto answer = net::testing::HttpClient(server_->port()).post("/api/transform", {}, "{}");
  EXPECT_EQ(answer.status, 200);
  json data = json::parse(answer.body)["data"];
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ(data[0]["traceID"], "0000000000000008");
  EXPECT_EQ(data[0]["spans"].size(), 2u);
  EXPECT_EQ(data[0]["processes"]["p2"]["serviceName"], "b");
  EXPECT_EQ(data[1]["spans"][0]["operationName"], "y");
  auto wrong = net::testing::HttpClient(server_->port()).post("/api/transform", {}, "x");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(json::parse(wrong.body)["errors"][0]["msg"], "no JSON of spans");
}

}  // namespace
}  // namespace clew::api
