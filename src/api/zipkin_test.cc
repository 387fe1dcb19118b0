// Zipkin's query API over a real server and a real store.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/testing.h"
#include "api/zipkin_query.h"
#include "api/zipkin_v2.h"
#include "base/limits.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using nlohmann::json;
using testing::kSecond;
using testing::kStart;

/// A store with one trace: Edge calls checkout (which fails), both halves with one span ID.
class Zipkin : public testing::ApiTest {
 protected:
  explicit Zipkin(ZipkinOptions options = {}) {
    append({{.trace = 7,
             .service = "Edge",
             .name = "POST /Pay",
             .kind = otlp::SpanKind::kClient,
             .start = kStart,
             .duration = kSecond,
             .attributes = {{"peer.service", "Checkout"},
                            {"net.peer.ip", "10.0.0.2"},
                            {"http.method", "POST"}},
             .extra_key_values = {key_value("net.peer.port", any_int(8080))}},
            {.trace = 7,
             .service = "checkout",
             .name = "pay",
             .start = kStart + 1000,
             .duration = kSecond / 2,
             .status = otlp::StatusCode::kError,
             .attributes = {{"error", "no money"}},
             .extra_key_values = {key_value("zipkin.shared", any_bool(true))}}});
    net::HttpRoutes routes;
    add_zipkin_v2(routes, *engine_, options);
    serve(std::move(routes));
  }

  json get_json(const std::string& target) {
    auto answer = get("/api/v2" + target);
    EXPECT_EQ(answer.status, 200) << target << ": " << answer.body;
    return json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  }

  /// How many traces a search around the trace's time finds.
  size_t found(const std::string& params) {
    return get_json("/traces?endTs=1700000010000&" + params).size();
  }

  /// The text of an error with this status.
  std::string error(const std::string& target, int status = 400) {
    auto answer = get("/api/v2" + target);
    EXPECT_EQ(answer.status, status) << target;
    return answer.body;
  }
};

TEST_F(Zipkin, ATraceHasBothHalvesOfACall) {
  EXPECT_EQ(get_json("/trace/7"), json::parse(R"([
      {"traceId": "0000000000000007", "id": "0000000000000001", "kind": "CLIENT",
       "name": "post /pay", "timestamp": 1700000000000000, "duration": 1000000,
       "localEndpoint": {"serviceName": "edge"},
       "remoteEndpoint": {"serviceName": "checkout", "ipv4": "10.0.0.2", "port": 8080},
       "tags": {"http.method": "POST"}},
      {"traceId": "0000000000000007", "id": "0000000000000001", "kind": "SERVER", "name": "pay",
       "timestamp": 1700000000000001, "duration": 500000,
       "localEndpoint": {"serviceName": "checkout"}, "tags": {"error": "no money"},
       "shared": true}])"));
  EXPECT_EQ(get("/zipkin/api/v2/trace/7").body, get("/api/v2/trace/0000000000000007").body);
}

TEST_F(Zipkin, NamesAreWithoutCapitals) {
  EXPECT_EQ(get_json("/services"), json::parse(R"(["checkout", "edge"])"));
  EXPECT_EQ(get_json("/spans?serviceName=edge"), json::parse(R"(["post /pay"])"));
  EXPECT_EQ(get_json("/spans?serviceName=EDGE"), json::parse(R"(["post /pay"])"));
  EXPECT_EQ(get_json("/spans?serviceName="), json::array());
  EXPECT_EQ(get_json("/remoteServices?serviceName=edge"), json::parse(R"(["checkout"])"));
  EXPECT_EQ(get_json("/remoteServices?serviceName=checkout"), json::array());
}

TEST_F(Zipkin, SearchesByEverything) {
  EXPECT_EQ(found(""), 1u);
  EXPECT_EQ(found("serviceName=edge"), 1u);
  EXPECT_EQ(found("serviceName=nobody"), 0u);
  EXPECT_EQ(found("serviceName=edge&spanName=post%20/pay"), 1u);
  EXPECT_EQ(found("serviceName=checkout&spanName=post%20/pay"), 0u);
  EXPECT_EQ(found("serviceName=edge&spanName=all"), 1u);
  EXPECT_EQ(found("remoteServiceName=checkout"), 1u);
  EXPECT_EQ(found("remoteServiceName=check.ut"), 0u);  // a name, no pattern
  EXPECT_EQ(found("serviceName=checkout&remoteServiceName=checkout"), 0u);
  EXPECT_EQ(found("minDuration=1000000"), 1u);
  EXPECT_EQ(found("minDuration=1000001"), 0u);
  EXPECT_EQ(found("minDuration=600000&maxDuration=999999"), 0u);
  EXPECT_EQ(found("lookback=10000"), 1u);
  EXPECT_EQ(found("lookback=9998"), 0u);
  EXPECT_EQ(get_json("/traces").size(), 0u);  // the last day
}

TEST_F(Zipkin, SearchesByAnnotationQuery) {
  EXPECT_EQ(found("annotationQuery=http.method%3DPOST"), 1u);
  EXPECT_EQ(found("annotationQuery=http.method%3DGET"), 0u);
  EXPECT_EQ(found("annotationQuery=http.method"), 1u);
  EXPECT_EQ(found("annotationQuery=http.path"), 0u);
  EXPECT_EQ(found("annotationQuery=error"), 1u);
  EXPECT_EQ(found("serviceName=edge&annotationQuery=error"), 0u);
  EXPECT_EQ(found("annotationQuery=error%3Dno%20money"), 1u);
  EXPECT_EQ(found("serviceName=edge&annotationQuery=http.method%20and%20http.path"), 0u);
}

TEST_F(Zipkin, TheTextOfAnErrorIsSearchedFor) {
  EXPECT_EQ(found("annotationQuery=error%3Dtrue"), 0u);  // it has another text
  EXPECT_EQ(found("annotationQuery=error%3Dfalse"), 0u);
  append({{.trace = 8, .start = kStart, .status = otlp::StatusCode::kError},
          {.trace = 9, .start = kStart, .attributes = {{"error", "false"}}}});
  EXPECT_EQ(found("annotationQuery=error%3Dtrue"), 1u);
  EXPECT_EQ(found("annotationQuery=error%3Dfalse"), 1u);
  EXPECT_EQ(found("annotationQuery=error"), 3u);
}

TEST_F(Zipkin, ALimitCountsWhatAWordLeaves) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 100; i < 400; ++i)
    spans.push_back({.trace = i, .start = kStart + i * 1000, .duration = 1000});
  append(spans);
  EXPECT_EQ(found("limit=1&annotationQuery=http.method"), 1u);  // the oldest of 301
  EXPECT_EQ(found("limit=20&serviceName=shop"), 20u);
  EXPECT_EQ(found("serviceName=shop"), 10u);
}

TEST_F(Zipkin, ManySpellingsAreOneName) {
  append({{.trace = 8, .service = "EDGE", .name = "Post /PAY", .start = kStart},
          {.trace = 9, .service = "EDGE", .name = "other", .start = kStart}});
  EXPECT_EQ(found("serviceName=edge"), 3u);
  EXPECT_EQ(found("serviceName=edge&spanName=post%20/pay"), 2u);
  EXPECT_EQ(get_json("/spans?serviceName=edge"), json::parse(R"(["other", "post /pay"])"));
}

TEST_F(Zipkin, TraceIdsAreStrict) {
  append({{.trace = 7, .span = 2, .start = kStart, .trace_high = 1},
          {.trace = 7, .span = 3, .start = kStart, .trace_high = 2}});
  EXPECT_EQ(get_json("/trace/7").size(), 2u);
  EXPECT_EQ(get_json("/trace/00000000000000010000000000000007").size(), 1u);
  EXPECT_EQ(error("/trace/00000000000000030000000000000007", 404),
            "00000000000000030000000000000007 not found");
  EXPECT_EQ(found(""), 3u);
  EXPECT_EQ(found("serviceName=edge"), 1u);
}

class ZipkinLenient : public Zipkin {
 protected:
  ZipkinLenient() : Zipkin({.strict_trace_id = false}) {}
};

TEST_F(ZipkinLenient, TraceIdsThatEndAlikeAreOne) {
  append({{.trace = 7, .span = 2, .start = kStart, .trace_high = 1},
          {.trace = 7, .span = 3, .start = kStart, .trace_high = 2}});
  EXPECT_EQ(get_json("/trace/7").size(), 4u);
  EXPECT_EQ(get_json("/trace/00000000000000030000000000000007").size(), 4u);
  EXPECT_EQ(found(""), 1u);
}

TEST_F(Zipkin, ManyTracesByTheirIds) {
  append({{.trace = 8}});
  EXPECT_EQ(get_json("/traceMany?traceIds=7,8").size(), 2u);
  EXPECT_EQ(get_json("/traceMany?traceIds=7,9").size(), 1u);
  EXPECT_EQ(get_json("/traceMany?traceIds=9,a"), json::array());
}

TEST_F(Zipkin, DependenciesAreCountedLive) {
  EXPECT_EQ(get_json("/dependencies?endTs=1700000010000"),
            json::parse(R"([{"parent": "edge", "child": "checkout", "callCount": 1,
                             "errorCount": 1}])"));
  EXPECT_EQ(get_json("/dependencies?endTs=1600000000000&lookback=1000"), json::array());
}

class ZipkinWithKeys : public Zipkin {
 protected:
  ZipkinWithKeys() : Zipkin({.autocomplete_keys = {"http.method", "peer.service"}}) {}
};

TEST_F(ZipkinWithKeys, OnlyTheseAreProposed) {
  EXPECT_EQ(get_json("/autocompleteKeys"), json::parse(R"(["http.method", "peer.service"])"));
  EXPECT_EQ(get_json("/autocompleteValues?key=http.method"), json::parse(R"(["POST"])"));
  EXPECT_EQ(get_json("/autocompleteValues?key=error"), json::array());
}

TEST_F(Zipkin, WhatCameAsATagIsATag) {
  append({{.trace = 8,
           .service = "shop",
           .start = kStart,
           .duration = 1000,
           .status = otlp::StatusCode::kError,
           .attributes = {{"zipkin.tags", "peer.service,otel.status_code"},
                          {"peer.service", "a tag"},
                          {"zipkin.remoteEndpoint.serviceName", "db"},
                          {"net.peer.ip", "10.0.0.1"},
                          {"zipkin.remoteEndpoint.ipv6", "::1"},
                          {"error", ""}}}});
  EXPECT_EQ(get_json("/trace/8")[0]["remoteEndpoint"],
            json::parse(R"({"serviceName": "db", "ipv4": "10.0.0.1", "ipv6": "::1"})"));
  EXPECT_EQ(get_json("/trace/8")[0]["tags"], json::parse(R"({
      "error": "", "otel.status_code": "ERROR", "peer.service": "a tag"})"));
}

TEST_F(Zipkin, TagsAreProposed) {
  EXPECT_EQ(get_json("/autocompleteKeys"), json::parse(R"(["error", "http.method"])"));
  EXPECT_EQ(get_json("/autocompleteValues?key=http.method"), json::parse(R"(["POST"])"));
  EXPECT_EQ(get_json("/autocompleteValues?key=nothing"), json::array());
}

TEST_F(Zipkin, ErrorsNameWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"/spans", "missing parameter: serviceName"},
      {"/remoteServices", "missing parameter: serviceName"},
      {"/traces?limit=0", "limit must be more than 0"},
      {"/traces?limit=-1", "limit must be more than 0"},
      {"/traces?limit=x", "unable to parse param 'limit': \"x\" is not a whole number"},
      {"/traces?limit=", "unable to parse param 'limit': it is empty"},
      {"/traces?limit=99999999999",
       "unable to parse param 'limit': \"99999999999\" is not a whole number"},
      {"/trace/0", "traceId is all zeros"},
      {"/traces?endTs=0", "endTs must be more than 0"},
      {"/traces?endTs=1.5", "unable to parse param 'endTs': \"1.5\" is not a whole number"},
      {"/traces?lookback=0", "lookback must be more than 0"},
      {"/traces?lookback=9999999999999999999999",
       "unable to parse param 'lookback': \"9999999999999999999999\" is not a whole number"},
      {"/traces?minDuration=0", "minDuration must be more than 0"},
      {"/traces?maxDuration=4", "maxDuration needs a minDuration"},
      {"/traces?minDuration=5&maxDuration=4", "maxDuration is less than minDuration"},
      {"/trace/xyz", "xyz is no trace ID: 1 to 32 lower-case hex digits"},
      {"/trace/123456789012345678901234567890123", "traceId is longer than 32 digits"},
      {"/traceMany", "missing parameter: traceIds"},
      {"/traceMany?traceIds=", "traceIds parameter is empty"},
      {"/traceMany?traceIds=1", "traceIds is of two or more; /api/v2/trace/{traceId} gives one"},
      {"/traceMany?traceIds=1,01", "traceIds names one twice: 01"},
      {"/traceMany?traceIds=1,,2", "traceId is empty"},
      {"/traceMany?traceIds=1,x", "x is no trace ID: 1 to 32 lower-case hex digits"},
      {"/dependencies", "missing parameter: endTs"},
      {"/dependencies?endTs=x", "unable to parse param 'endTs': \"x\" is not a whole number"},
      {"/dependencies?endTs=1&lookback=0", "lookback must be more than 0"},
      {"/autocompleteValues", "missing parameter: key"},
      {"/autocompleteValues?key=", "key was empty"},
  };
  for (const auto& [target, text] : cases) EXPECT_EQ(error(target), text) << target;
  EXPECT_EQ(error("/trace/8", 404), "0000000000000008 not found");
  EXPECT_EQ(get("/api/v2/services", {{"X-Scope-OrgID", "../x"}}).status, 400);
}

TEST_F(Zipkin, AnUnchangedTraceIsNotSentAgain) {
  auto first = get("/api/v2/trace/7");
  // The test's client writes heads in small letters, and a weak tag's W is a large one.
  constexpr std::string_view kBefore = "\r\netag: w/";
  size_t at = first.head.find(kBefore);
  ASSERT_NE(at, std::string::npos);
  size_t value = at + kBefore.size();
  std::string tag = "W/" + first.head.substr(value, first.head.find("\r\n", value) - value);
  auto again = get("/api/v2/trace/7", {{"If-None-Match", tag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  append({{.trace = 7, .span = 2, .start = kStart}});
  EXPECT_EQ(get("/api/v2/trace/7", {{"If-None-Match", tag}}).status, 200);
}

TEST(ZipkinAnnotationQuery, IsWhatZipkinMakesOfIt) {
  auto parse = [](std::string_view text) { return *parse_annotation_query(text); };
  EXPECT_EQ(parse(""), AnnotationQuery{});
  EXPECT_EQ(parse("error and a=b"), (AnnotationQuery{{{"a", "b"}}, {"error"}}));
  EXPECT_EQ(parse("a=b=c"), (AnnotationQuery{{{"a", "b=c"}}, {}}));
  EXPECT_EQ(parse("a="), (AnnotationQuery{{}, {"a"}}));
  EXPECT_EQ(parse("a and a=b and a=c and a"), (AnnotationQuery{{{"a", "c"}}, {}}));
  EXPECT_EQ(parse("sand and band"), (AnnotationQuery{{}, {"sand", "band"}}));
  EXPECT_EQ(parse(" and "), AnnotationQuery{});
}

TEST(ZipkinAnnotationQuery, HasALimit) {
  std::string text;
  for (size_t i = 0; i < limits::kTagsPerQuery; ++i) text += fmt::format("k{}=v and ", i);
  EXPECT_TRUE(parse_annotation_query(text));
  auto past = parse_annotation_query(text + "one");
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().message, "unable to parse param 'annotationQuery': more than 32 terms");
}

}  // namespace
}  // namespace clew::api
