#include "api/clew_population.h"

#include <gmock/gmock.h>

#include "api/testing.h"

namespace clew::api {
namespace {

using nlohmann::json;

class ClewPopulationTest : public testing::ApiTest {
 protected:
  ClewPopulationTest() {
    append_checkout();
    net::HttpRoutes routes;
    add_clew_population(routes, populations_);
    serve(std::move(routes));
  }

  json population(const std::string& query, int expected_status = 200) {
    return get_json("/api/clew/v1/population" + query, expected_status);
  }

  query::Populations populations_{*store_};
};

TEST_F(ClewPopulationTest, IsATreeOfArrays) {
  json answer = population("");
  EXPECT_GE(answer["elapsedMs"], 0);
  answer.erase("elapsedMs");
  std::string trace = "00000000000000000000000000000007";
  // Of a second the call takes half, from its first microsecond on.
  EXPECT_EQ(answer, json::parse(R"({
      "traces": 1, "spans": 2, "oldestUs": 1700000000000000, "newestUs": 1700000000000000,
      "more": false, "complete": true, "notFound": [], "cutSpans": {"nodes": 0, "depth": 0},
      "quantileError": 0.03125, "services": ["edge", "checkout"], "names": ["ingress", "POST /pay"],
      "traceIds": ["00000000000000000000000000000007"],
      "nodes": {"depth": [0, 1], "service": [0, 1], "name": [0, 1], "kind": ["server", "server"],
        "traces": [1, 1], "spans": [1, 1], "errors": [0, 1], "orphans": [0, 0],
        "offsetNs": [0, 1000], "totalNs": [1000000000, 500000000],
        "selfNs": [500000000, 500000000], "criticalNs": [500000000, 500000000],
        "minNs": [1000000000, 500000000], "p50Ns": [1000000000, 500000000],
        "p95Ns": [1000000000, 500000000], "p99Ns": [1000000000, 500000000],
        "maxNs": [1000000000, 500000000],
        "typical": [[0, "0000000000000001", 1000000000], [0, "0000000000000002", 500000000]],
        "slowest": [[0, "0000000000000001", 1000000000], [0, "0000000000000002", 500000000]],
        "failed": [null, [0, "0000000000000002", 500000000]]}})"));
}

TEST_F(ClewPopulationTest, IsOfWhatAQueryFindsInARangeOfTime) {
  EXPECT_EQ(population("?q={status=error}")["traces"], 1);
  EXPECT_EQ(population("?q={name=%22no%20such%22}")["traces"], 0);
  EXPECT_EQ(population("?start=1700000000000000&end=1700000000000000")["traces"], 1);
  EXPECT_EQ(population("?start=1700000000000001&q={name=%22ingress%22}")["traces"], 0);
}

TEST_F(ClewPopulationTest, IsOfTracesByTheirIds) {
  json answer = population("?traceId=7&traceId=8");
  EXPECT_EQ(answer["traces"], 1);
  EXPECT_EQ(answer["notFound"], json::array({"00000000000000000000000000000008"}));
  EXPECT_EQ(population("?traceId=8", 404)["error"]["code"], "not_found");
}

TEST_F(ClewPopulationTest, SaysWhatIsWrong) {
  auto message = [&](const std::string& query) {
    return population(query, 400)["error"]["message"].get<std::string>();
  };
  EXPECT_THAT(message("?q={name=}"), ::testing::HasSubstr("'q': column 7"));
  EXPECT_THAT(message("?q={}|rate()"), ::testing::HasSubstr("metrics"));
  EXPECT_THAT(message("?q={}&traceId=7"), ::testing::HasSubstr("'q'"));
  EXPECT_THAT(message("?traceId=x"), ::testing::HasSubstr("'traceId'"));
  EXPECT_THAT(message("?start=2&end=1"), ::testing::HasSubstr("'end' is before 'start'"));
  EXPECT_THAT(message("?limit=0"), ::testing::HasSubstr("'limit'"));
  std::string ids = "?traceId=0";
  for (int i = 1; i <= 100; ++i) ids += fmt::format("&traceId={:x}", i);
  EXPECT_THAT(message(ids), ::testing::HasSubstr("more than 100"));
}

}  // namespace
}  // namespace clew::api
