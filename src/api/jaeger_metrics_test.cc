// The Monitor tab's endpoints over a real server and a real store.
#include "api/jaeger_metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/testing.h"

namespace clew::api {
namespace {

using nlohmann::json;
using testing::kSecond;
using testing::kStart;

/// edge → checkout, which fails and takes half a second.
class JaegerMetricsTest : public testing::ApiTest {
 protected:
  JaegerMetricsTest() {
    append_checkout();
    net::HttpRoutes routes;
    add_jaeger_metrics(routes, *engine_);
    serve(std::move(routes));
  }

  /// Of two points, ten seconds before the trace and ten seconds after it.
  json family(const std::string& what, const std::string& service) {
    return get_json("/api/metrics/" + what + service +
                    "&endTs=1700000010000&lookback=20000&step=20000&ratePer=20000");
  }
  static json values(const json& family) {
    json result = json::array();
    for (const json& point : family["metrics"][0]["metricPoints"])
      result.push_back(point["gaugeValue"]["doubleValue"]);
    return result;
  }
  std::string problem(const std::string& target) {
    return get_json("/api/metrics/" + target, 400)["errors"][0]["msg"];
  }
};

TEST_F(JaegerMetricsTest, IsAMetricFamilyAsProtobufWritesIt) {
  EXPECT_EQ(family("calls?service=", "checkout&groupByOperation=true"), json::parse(R"({
      "name": "service_operation_call_rate", "type": "GAUGE",
      "help": "Calls a second, by service and operation",
      "metrics": [{
        "labels": [{"name": "operation", "value": "POST /pay"},
                   {"name": "service_name", "value": "checkout"}],
        "metricPoints": [
          {"gaugeValue": {"doubleValue": 0.0}, "timestamp": "2023-11-14T22:13:10Z"},
          {"gaugeValue": {"doubleValue": 0.05}, "timestamp": "2023-11-14T22:13:30Z"}]}]})"));
  EXPECT_FALSE(family("calls?service=", "nobody").contains("metrics"));
}

TEST_F(JaegerMetricsTest, CallsErrorsAndLatencies) {
  EXPECT_EQ(values(family("calls?service=", "edge")), json::parse("[0, 0.05]"));
  EXPECT_EQ(values(family("errors?service=", "edge")), json::parse(R"(["NaN", 0])"));
  EXPECT_EQ(values(family("errors?service=", "checkout")), json::parse(R"(["NaN", 1])"));
  EXPECT_EQ(values(family("latencies?quantile=0.95&service=", "checkout")),
            json::parse(R"(["NaN", 500])"));
  EXPECT_EQ(family("calls?service=checkout&service=", "edge")["metrics"].size(), 2u);
  EXPECT_FALSE(family("calls?spanKind=client&service=", "edge").contains("metrics"));
  EXPECT_EQ(get_json("/api/metrics/minstep")["data"], 1);
}

TEST_F(JaegerMetricsTest, NamesTheWrongParameter) {
  EXPECT_TRUE(problem("calls").starts_with("unable to parse param 'service'"));
  EXPECT_TRUE(problem("latencies?service=a").starts_with("unable to parse param 'quantile'"));
  for (const char* wrong : {"spanKind=x", "groupByOperation=x", "endTs=x", "lookback=-1", "step=0",
                            "ratePer=0", "step=1", "endTs=99999999999999999"}) {
    std::string text = wrong;
    EXPECT_TRUE(problem("calls?service=a&" + text)
                    .starts_with("unable to parse param '" + text.substr(0, text.find('=')) + "'"))
        << text;
  }
  for (const char* quantile : {"x", "1.1", "-1", "nan"})
    EXPECT_TRUE(
        problem("latencies?service=a&quantile=" + std::string(quantile)).contains("'quantile'"));
}

}  // namespace
}  // namespace clew::api
