// Two traces compared as Tempo does, over HTTP.
#include "api/tempo_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing.h"
#include "base/limits.h"
#include "query/trace_diff.h"

namespace clew::api {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class TempoDiffTest : public testing::ApiTest {
 protected:
  TempoDiffTest() {
    append_checkout();
    append({{.trace = 8,
             .service = "edge",
             .name = "ingress",
             .start = testing::kStart,
             .duration = 2 * testing::kSecond,
             .extra_key_values = {otlp::testing::key_value("tries", otlp::testing::any_int(3))}},
            {.trace = 8,
             .span = 2,
             .parent = 1,
             .service = "stock",
             .name = "GET /items/1234567",
             .start = testing::kStart + 1000,
             .duration = testing::kSecond}});
    net::HttpRoutes routes;
    add_tempo_diff(routes, *engine_, "/tempo");
    serve(std::move(routes));
  }

  net::testing::HttpAnswer post(const std::string& body) {
    return net::testing::HttpClient(server_->port())
        .post("/tempo/api/v2/traces/diff", {{"Content-Type", "application/json"}}, body);
  }

  json compare(const std::string& format) {
    auto answer = post(R"({"base": {"traceId": "7"}, "compare": {"traceId": "8", "start": 1,
                           "end": 2}, "format": ")" +
                       format + "\"}");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  }
};

TEST_F(TempoDiffTest, GivesAPatchUnlessItIsToldOtherwise) {
  json patch = compare("");
  ASSERT_EQ(patch["warnings"].size(), 1u);
  EXPECT_EQ(patch["warnings"][0]["code"], "high_cardinality_span_name");
  patch.erase("warnings");
  EXPECT_EQ(patch, json::parse(R"({
    "version": "trace-patch-v0",
    "base": {"traceId": "00000000000000000000000000000007", "spanCount": 2},
    "compare": {"traceId": "00000000000000000000000000000008", "spanCount": 2},
    "stats": {"spanCountA": 2, "spanCountB": 2, "matchedSpans": 1, "modifiedSpans": 1,
              "addedSpans": 1, "removedSpans": 1, "fieldChanges": 1, "attributeChanges": 1,
              "eventChanges": 0, "truncated": false},
    "modified": [{"span": {"path": [0], "service": "edge", "name": "ingress", "kind": "server"},
      "changes": [
        {"op": "modify", "target": {"type": "field", "name": "duration_nanos"},
         "before": 1000000000, "after": 2000000000},
        {"op": "add", "target": {"type": "attribute", "scope": "span", "key": "tries"},
         "before": null, "after": 3}]}],
    "added": [{"target": {"type": "span", "parentPath": [0], "index": 0},
      "span": {"path": [0, 0], "service": "stock", "name": "GET /items/1234567",
               "kind": "server", "duration_nanos": 1000000000, "status": "unset"}}],
    "removed": [{"target": {"type": "span", "path": [0, 0]},
      "span": {"path": [0, 0], "service": "checkout", "name": "POST /pay",
               "kind": "server", "duration_nanos": 500000000, "status": "error"}}]})"));
}

TEST_F(TempoDiffTest, GivesASummary) {
  json summary = compare("trace-summary-v0-native");
  summary.erase("warnings");
  EXPECT_EQ(summary, json::parse(R"({
    "version": "trace-summary-v0-native",
    "base": {"traceId": "00000000000000000000000000000007", "rootService": "edge",
             "rootName": "ingress", "spanCount": 2, "errorSpanCount": 1, "durationMs": 1000,
             "sumSpanDurationMs": 1500},
    "compare": {"traceId": "00000000000000000000000000000008", "rootService": "edge",
                "rootName": "ingress", "spanCount": 2, "errorSpanCount": 0, "durationMs": 2000,
                "sumSpanDurationMs": 3000},
    "signals": {"traceLatency": "increased", "sumSpanDuration": "increased",
                "errors": "decreased", "spanCount": "unchanged", "structure": "changed"},
    "trust": {"matchedSpanRatio": 0.5, "structureOverlap": 0.5},
    "stats": {"traceLatencyDeltaMs": 1000, "sumSpanDurationDeltaMs": 1500, "spanCountDelta": 0,
              "errorSpanDelta": -1, "matchedSpans": 1, "modifiedSpans": 1, "addedSpans": 1,
              "removedSpans": 1, "fieldChanges": 1, "attributeChanges": 1},
    "changedServices": ["checkout", "edge", "stock"],
    "services": [
      {"name": "edge", "sumSpanDurationDeltaMs": 1000, "modified": 1, "added": 0, "removed": 0,
       "newErrors": 0, "resolvedErrors": 0},
      {"name": "stock", "sumSpanDurationDeltaMs": 1000, "modified": 0, "added": 1, "removed": 0,
       "newErrors": 0, "resolvedErrors": 0},
      {"name": "checkout", "sumSpanDurationDeltaMs": -500, "modified": 0, "added": 0, "removed": 1,
       "newErrors": 0, "resolvedErrors": 1}]})"));
}

TEST_F(TempoDiffTest, PutsASmallPatchBesideTheSummary) {
  json both = compare("trace-summary-v0-composed");
  EXPECT_EQ(both["version"], "trace-summary-v0-composed");
  EXPECT_EQ(both["summary"], compare("trace-summary-v0-native"));
  EXPECT_EQ(both["patch"], compare("trace-patch-v0"));
  EXPECT_FALSE(both.contains("patchOmitted"));
}

TEST_F(TempoDiffTest, LeavesALargePatchOutAndSaysSo) {
  std::vector<otlp::testing::SpanSpec> spans;
  for (uint64_t i = 1; i <= 1000; ++i)
    spans.push_back({.trace = 9, .span = i, .parent = i / 2, .start = testing::kStart});
  append(spans);
  std::string request = R"({"base": {"traceId": "7"}, "compare": {"traceID": "9"}, "format": ")";
  size_t patch = post(request + "trace-patch-v0\"}").body.size();
  auto both = json::parse(post(request + "trace-summary-v0-composed\"}").body);
  EXPECT_FALSE(both.contains("patch"));
  EXPECT_EQ(both["patchOmitted"], json({{"bytes", patch}, {"reason", "over_budget"}}));
}

TEST_F(TempoDiffTest, SaysWhatIsWrong) {
  auto wrong = [&](const std::string& body, const std::string& why) {
    auto answer = post(body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr(why)) << body;
  };
  wrong("", "no JSON object");
  wrong("[]", "no JSON object");
  wrong(R"({"base": {"traceId": "7"}})", "compare is required");
  wrong(R"({"base": 7})", "base is no JSON object");
  wrong(R"({"base": {}})", "base.traceId is required");
  wrong(R"({"base": {"traceId": 7}})", "base.traceId is no string");
  wrong(R"({"base": {"traceId": "7"}, "compare": {"traceId": "xyz"}})", "compare.traceId");
  wrong(R"({"base": {"traceId": "7", "start": "now"}})", "base.start");
  wrong(R"({"base": {"traceId": "7"}, "compare": {"traceId": "8"}, "format": "diff"})",
        "unsupported trace diff format: diff");
  EXPECT_EQ(post(R"({"base": {"traceId": "7"}, "compare": {"traceId": "99"}})").status, 404);
  EXPECT_EQ(get("/tempo/api/v2/traces/diff").status, 405);
}

TEST_F(TempoDiffTest, ComparesNoMoreThanItHasMemoryFor) {
  auto add = [&](uint64_t trace, size_t bytes) {
    std::string large(1 << 20, 'x');
    for (uint64_t span = 1; span <= bytes >> 20; ++span)
      append({{.trace = trace, .span = span, .attributes = {{"large", large}}}});
  };
  size_t half = limits::kTraceDiffBytes / 2;
  add(20, half - (1 << 20));
  add(21, half - (1 << 20));
  add(22, half + (1 << 20));
  EXPECT_EQ(post(R"({"base": {"traceId": "14"}, "compare": {"traceId": "15"}})").status, 200);
  auto refused = post(R"({"base": {"traceId": "16"}, "compare": {"traceId": "15"}})");
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("trace diff input too large"));
}

}  // namespace
}  // namespace clew::api
