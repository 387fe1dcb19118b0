// Jaeger's v3 HTTP API over a real server and a real store: what a client sees.
#include "api/jaeger_v3.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "api/testing.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using nlohmann::json;
using testing::kSecond;
using testing::kStart;

/// A store with one trace, edge → checkout (failed), whose last span has lost its parent.
class JaegerV3Test : public testing::ApiTest {
 protected:
  JaegerV3Test() {
    append(
        {{.trace = 7, .service = "edge", .name = "ingress", .start = kStart, .duration = kSecond},
         {.trace = 7,
          .span = 2,
          .parent = 1,
          .service = "checkout",
          .name = "POST /pay",
          .start = kStart + 1000,
          .duration = kSecond / 2,
          .status = otlp::StatusCode::kError,
          .attributes = {{"app", "shop"}}},
         {.trace = 7, .span = 3, .parent = 99, .service = "checkout", .start = kStart + 2000}});
    net::HttpRoutes routes;
    add_jaeger_v3(routes, *engine_);
    serve(std::move(routes));
  }

  json get(const std::string& target, int expected_status = 200) {
    return get_json(target, expected_status);
  }
  std::string problem(const std::string& target, int status = 400) {
    json error = get(target, status)["error"];
    EXPECT_EQ(error["httpCode"], status);
    return error["message"];
  }
  size_t count(const std::string& parameters) {
    return get("/api/v3/trace-summaries?" + kAround + parameters)["summaries"].size();
  }

  const std::string kAround =
      "query.startTimeMin=2023-11-14T22:13:00Z&query.startTimeMax=2023-11-14T22:14:00.5Z";
};

TEST_F(JaegerV3Test, ServicesAndOperations) {
  EXPECT_EQ(get("/api/v3/services"), json::parse(R"({"services": ["checkout", "edge"]})"));
  EXPECT_EQ(get("/api/v3/operations?service=edge"),
            json::parse(R"({"operations": [{"name": "ingress", "spanKind": "server"}]})"));
  EXPECT_EQ(get("/api/v3/operations?service=edge&span_kind=client")["operations"], json::array());
  EXPECT_EQ(problem("/api/v3/operations"), "malformed parameter service: it is required");
  EXPECT_TRUE(problem("/api/v3/operations?service=edge&spanKind=x")
                  .starts_with("malformed parameter spanKind: unsupported span kind: 'x'"));
}

TEST_F(JaegerV3Test, TraceIsOtlp) {
  json spans = get("/api/v3/traces/7")["result"]["resourceSpans"];
  ASSERT_EQ(spans.size(), 2u);  // two services
  EXPECT_EQ(spans[0]["scopeSpans"][0]["spans"][0]["traceId"], "00000000000000000000000000000007");
  EXPECT_EQ(get("/api/v3/traces/7?startTime=2023-11-14T22:13:00Z&raw_traces=true")["result"],
            get("/api/v3/traces?" + kAround)["result"]);
  EXPECT_EQ(problem("/api/v3/traces/8", 404), "trace not found");
  EXPECT_TRUE(problem("/api/v3/traces/xyz").starts_with("malformed parameter trace_id: "));
  EXPECT_TRUE(problem("/api/v3/traces/7?end_time=now").starts_with("malformed parameter end_time"));
  EXPECT_TRUE(problem("/api/v3/traces/7?rawTraces=2").starts_with("malformed parameter rawTraces"));
}

TEST_F(JaegerV3Test, SummariesAreWhatTheSearchPageShows) {
  EXPECT_EQ(get("/api/v3/trace-summaries?" + kAround), json::parse(R"({"summaries": [{
      "traceId": "00000000000000000000000000000007",
      "rootServiceName": "edge", "rootOperationName": "ingress",
      "minStartTimeUnixNano": "1700000000000000000", "maxEndTimeUnixNano": "1700000001000000000",
      "spanCount": 3, "errorSpanCount": 1, "orphanSpanCount": 1,
      "services": [{"name": "checkout", "spanCount": 2, "errorSpanCount": 1},
                   {"name": "edge", "spanCount": 1, "errorSpanCount": 0}]}]})"));
}

TEST_F(JaegerV3Test, SearchTakesBothSpellings) {
  EXPECT_EQ(count("&query.serviceName=edge&query.operationName=ingress"), 1u);
  EXPECT_EQ(count("&query.service_name=edge&query.operation_name=egress"), 0u);
  EXPECT_EQ(count("&query.durationMin=1s"), 1u);
  EXPECT_EQ(count("&query.duration_min=1.1s"), 0u);
  EXPECT_EQ(count("&query.durationMin=1s&query.durationMax=2s&query.rawTraces=true"), 1u);
  EXPECT_EQ(count("&query.attributes=%7B%22app%22:%22shop%22,%22error%22:%22true%22%7D"), 1u);
  EXPECT_EQ(count("&query.attributes=%7B%22app%22:%22bank%22%7D"), 0u);
}

TEST_F(JaegerV3Test, TheEndIsExclusive) {
  std::string from = "query.start_time_min=2023-11-14T22:00:00Z&query.start_time_max=";
  std::string last = "&query.serviceName=edge";
  EXPECT_EQ(get("/api/v3/trace-summaries?" + from + "2023-11-14T22:13:20Z" + last)["summaries"],
            json::array());
  EXPECT_EQ(
      get("/api/v3/trace-summaries?" + from + "2023-11-14T22:13:20.000000001Z" + last)["summaries"]
          .size(),
      1u);
  EXPECT_EQ(problem("/api/v3/traces?" + from + "2023-11-14T22:13:20Z" + last, 404),
            "No traces found");
}

TEST_F(JaegerV3Test, NamesTheWrongParameter) {
  EXPECT_EQ(problem("/api/v3/traces?query.startTimeMin=2023-11-14T22:13:00Z"),
            "query.startTimeMin and query.startTimeMax are required");
  for (const char* wrong : {"query.searchDepth=0", "query.search_depth=x", "query.num_traces=-1",
                            "query.durationMin=5", "query.duration_max=x", "query.rawTraces=x",
                            "query.attributes=[]", "query.attributes=%7B%22a%22:1%7D",
                            "query.pagination.pageToken=x", "query.pagination.pageSize=x"}) {
    std::string text = wrong;
    EXPECT_TRUE(problem("/api/v3/traces?" + kAround + "&" + text)
                    .starts_with("malformed parameter " + text.substr(0, text.find('='))))
        << text;
  }
  EXPECT_EQ(problem("/api/v3/traces?" + kAround + "&query.durationMin=2s&query.durationMax=1s"),
            "malformed parameter query.durationMax: it is less than query.durationMin");
  EXPECT_EQ(
      problem("/api/v3/traces?" + kAround + "&query.searchDepth=5&query.pagination.pageSize=5"),
      "query.searchDepth does not go with query.pagination.pageSize: give one");
}

TEST_F(JaegerV3Test, StructuredFilters) {
  auto filter = [](const std::string& text) {
    std::string encoded;
    for (unsigned char c : text) encoded += fmt::format("%{:02x}", c);
    return "&query.filter=" + encoded;
  };
  std::string shop = R"({"op":"eq","args":[{"attr":{"key":"app"}},{"scalar":{"value":"shop"}}]})";
  std::string slow = R"({"op":"gt","args":[{"field":{"name":"duration","level":"span"}},)"
                     R"({"scalar":{"value":"600ms"}}]})";
  EXPECT_EQ(count(filter(shop)), 1u);
  EXPECT_EQ(
      count(filter(R"({"op":"and","args":[{"call":)" + shop + R"(},{"call":)" + slow + "}]}")),
      0u);  // no single span is both
  EXPECT_EQ(count(filter(R"({"op":"or","args":[{"call":)" + shop + R"(},{"call":)" + slow + "}]}")),
            1u);
  EXPECT_EQ(get("/api/v3/traces?" + kAround + filter(slow))["result"],
            get("/api/v3/traces/7")["result"]);
  EXPECT_EQ(problem("/api/v3/traces?" + kAround + filter("{")),
            "malformed parameter query.filter: it is no JSON");
  EXPECT_EQ(problem("/api/v3/traces?" + kAround + filter(R"({"op":"phrase"})")),
            "malformed parameter query.filter: operator \"phrase\" is not supported");
  EXPECT_EQ(problem("/api/v3/traces?" + kAround + filter(R"({"op":"not","arg":[]})")),
            "malformed parameter query.filter: a call has no member \"arg\"");
  EXPECT_TRUE(problem("/api/v3/traces?" + kAround + "&query.serviceName=edge" + filter(shop))
                  .starts_with("query.filter does not go with query.serviceName"));
}

TEST_F(JaegerV3Test, PagesFollowEachOther) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 0; i < 25; ++i)
    spans.push_back({.trace = 1000 + i, .service = "many", .start = kStart});
  append(spans);
  for (const char* endpoint : {"/api/v3/trace-summaries?", "/api/v3/traces?"}) {
    std::string token;
    std::set<std::string> seen;
    int pages = 0;
    do {
      json page = get(endpoint + kAround + "&query.serviceName=many&query.pagination.pageSize=10" +
                      "&query.pagination.pageToken=" + token);
      for (const json& trace : page.value("summaries", json::array()))
        seen.insert(trace["traceId"].get<std::string>());
      for (const json& spans_of : page.value("/result/resourceSpans"_json_pointer, json::array()))
        seen.insert(spans_of["scopeSpans"][0]["spans"][0]["traceId"].get<std::string>());
      token = page.value("nextPageToken", "");
    } while (!token.empty() && ++pages < 5);
    EXPECT_EQ(seen.size(), 25u) << endpoint;
    EXPECT_EQ(pages, 2) << endpoint;
  }
}

TEST_F(JaegerV3Test, ASearchMayBeABody) {
  auto post = [&](const std::string& target, const std::string& body) {
    return net::testing::HttpClient(server_->port()).post(target, {}, body);
  };
  std::string around = R"({"query": {"startTimeMin": "2023-11-14T22:13:00Z",
                           "start_time_max": "2023-11-14T22:14:00.5Z", )";
  for (const char* target : {"/api/v3/traces", "/api/v3/trace-summaries"}) {
    json expected =
        get(std::string(target) + "?" + kAround + "&query.serviceName=edge&query.durationMin=1s");
    auto answer = post(target, around + R"("service_name": "edge", "durationMin": "1s",
        "searchDepth": 5, "rawTraces": true, "filter": null, "attributes": {}}})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(json::parse(answer.body), expected);
  }
  auto filtered = post("/api/v3/trace-summaries", around + R"("pagination": {"pageSize": 1},
      "filter": {"op": "eq", "args": [{"attr": {"key": "app"}},
                                      {"scalar": {"value": "shop"}}]}}})");
  EXPECT_EQ(json::parse(filtered.body)["summaries"].size(), 1u) << filtered.body;
  for (auto [member, why] :
       {std::pair(R"("servicename": "x")", "malformed parameter query.servicename: there is no"),
        std::pair(R"("searchDepth": -1)", "malformed parameter query.searchDepth: \"-1\" is not"),
        std::pair(R"("searchDepth": 1.5)", "malformed parameter query.searchDepth: it is not a"),
        std::pair(R"("rawTraces": "x")", "malformed parameter query.rawTraces: it is neither"),
        std::pair(R"("attributes": [])", "malformed parameter query.attributes: it is no JSON"),
        std::pair(R"("pagination": {"size": 1})", "malformed parameter query.pagination.size:"),
        std::pair(R"("durationMax": 5)", "malformed parameter query.durationMax: it is no"),
        std::pair(R"("filter": {"op": "phrase"})", "malformed parameter query.filter: operator")}) {
    auto answer = post("/api/v3/traces", around + member + "}}");
    EXPECT_EQ(answer.status, 400) << member;
    EXPECT_TRUE(json::parse(answer.body)["error"]["message"].get<std::string>().starts_with(why))
        << answer.body;
  }
  EXPECT_EQ(post("/api/v3/traces", "{").status, 400);
  EXPECT_EQ(post("/api/v3/traces", R"({"other": 1})").status, 400);
}

TEST_F(JaegerV3Test, SaysWhatItCan) {
  json search = get("/api/v3/capabilities")["search"];
  EXPECT_EQ(search["paginated"], true);
  EXPECT_EQ(search["filter"]["levels"].size(), 5u);
  EXPECT_FALSE(search.contains("spanSearch"));
}

TEST_F(JaegerV3Test, Dependencies) {
  EXPECT_EQ(
      get("/api/v3/dependencies?start_time=2023-11-14T22:00:00Z&endTime=2023-11-14T23:00:00Z"),
      json::parse(
          R"({"dependencies": [{"parent": "edge", "child": "checkout", "callCount": "1"}]})"));
  EXPECT_EQ(problem("/api/v3/dependencies?startTime=2023-11-14T22:00:00Z"),
            "malformed parameter endTime: it is required");
  EXPECT_EQ(
      problem("/api/v3/dependencies?start_time=2023-11-14T22:00:00Z&endTime=2023-11-14T22:00:00Z"),
      "malformed parameter endTime: it must be after start_time");
}

}  // namespace
}  // namespace clew::api
