// TraceQL's metrics through Tempo's API over a real server and a real store.
#include "api/tempo_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/tempo.h"
#include "api/testing.h"

namespace clew::api {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr UnixNanos kNow = 1'800'000'000 * testing::kSecond;

Result<TempoMetrics> parsed(net::HttpFields query) {
  return parse_tempo_metrics({.query = std::move(query)}, kNow);
}

TEST(TempoMetrics, ReadsTimesInAllTheirForms) {
  constexpr UnixNanos kAt = 1'700'000'000 * testing::kSecond;
  EXPECT_EQ(parsed({{"start", "1700000000"}})->start, kAt);
  EXPECT_EQ(parsed({{"start", "1700000000.5"}})->start, kAt + testing::kSecond / 2);
  EXPECT_EQ(parsed({{"start", "1700000000000000001"}})->start, kAt + 1);
  EXPECT_EQ(parsed({{"start", "2023-11-14T22:13:20Z"}})->start, kAt);
  auto hour = parsed({{"q", "{ } | rate()"}});
  EXPECT_EQ(hour->end, kNow);
  EXPECT_EQ(hour->start, kNow - 3600 * testing::kSecond);
  EXPECT_EQ(hour->step, 0u);
  EXPECT_FALSE(hour->exemplars);
  auto since = parsed({{"end", "1700000000"}, {"since", "2d"}, {"step", "15"}});
  EXPECT_EQ(since->start, kAt - 2 * 86400 * testing::kSecond);
  EXPECT_EQ(since->step, 15 * testing::kSecond);
  EXPECT_EQ(parsed({{"step", "1m30s"}, {"exemplars", "7"}})->step, 90 * testing::kSecond);
}

TEST(TempoMetrics, NamesWhatIsWrong) {
  for (const char* name : {"start", "end", "since", "step", "exemplars"}) {
    auto wrong = parsed({{name, "soon"}});
    ASSERT_FALSE(wrong) << name;
    EXPECT_THAT(wrong.error().message, HasSubstr(name));
    EXPECT_FALSE(parsed({{name, "-1"}})) << name;
  }
}

TEST(TempoMetrics, ChoosesAStepForTheRange) {
  constexpr uint64_t kSecond = testing::kSecond;
  EXPECT_EQ(tempo_step(0, 60 * kSecond), kSecond);
  EXPECT_EQ(tempo_step(0, 3600 * kSecond), 15 * kSecond);
  EXPECT_EQ(tempo_step(0, 86400 * kSecond), 600 * kSecond);
  EXPECT_EQ(tempo_step(0, 365 * 86400 * kSecond) % (86400 * kSecond), 0u);
}

class TempoMetricsTest : public testing::ApiTest {
 protected:
  TempoMetricsTest() {
    append_checkout();
    net::HttpRoutes routes;
    add_tempo(routes, *engine_, "");
    serve(std::move(routes));
  }

  static std::string encoded(std::string_view text) {
    std::string out;
    for (char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
  }
  json range(const std::string& query, const std::string& more = "") {
    return get_json("/api/metrics/query_range?start=1699999990&end=1700000020&step=10s&q=" +
                    encoded(query) + more);
  }
};

TEST_F(TempoMetricsTest, GivesSeriesOfPoints) {
  json answer = range("{ } | count_over_time() by (resource.service.name)");
  ASSERT_EQ(answer["series"].size(), 2u);
  json series = answer["series"][0];
  EXPECT_EQ(series["labels"], json::parse(R"([{"key": "resource.service.name",
                                               "value": {"stringValue": "checkout"}}])"));
  EXPECT_EQ(series["promLabels"], R"({resource.service.name="checkout"})");
  double total = 0;
  for (const json& sample : series["samples"]) {
    EXPECT_EQ(std::stoull(sample["timestampMs"].get<std::string>()) % 10'000, 0u);
    total += sample["value"].get<double>();
  }
  EXPECT_EQ(total, 1);
  EXPECT_EQ(answer["metrics"]["inspectedTraces"], 1);
  EXPECT_FALSE(answer.contains("status"));
}

TEST_F(TempoMetricsTest, GivesExemplars) {
  json exemplars = range("{ name = \"ingress\" } | rate()")["series"][0]["exemplars"];
  ASSERT_EQ(exemplars.size(), 1u);
  EXPECT_EQ(exemplars[0]["labels"][0], json::parse(R"({"key": "trace:id",
                                                       "value": {"stringValue": "7"}})"));
  EXPECT_EQ(exemplars[0]["timestampMs"], "1700000000000");
  for (const char* none : {"&exemplars=0", ""}) {
    std::string query = "{ } | rate()";
    if (*none == 0) query += " with(exemplars=false)";
    EXPECT_FALSE(range(query, none)["series"][0].contains("exemplars")) << query;
  }
  json hinted = range("{ } | rate() with(exemplars=1)", "&exemplars=0")["series"][0];
  EXPECT_EQ(hinted["exemplars"].size(), 1u);
  // What nobody knows, and what would only save work, changes nothing.
  EXPECT_EQ(range("{ } | rate() with(sample=0.1, colour=\"red\")")["series"],
            range("{ } | rate()")["series"]);
}

TEST_F(TempoMetricsTest, GivesOneValueForARange) {
  json answer = get_json("/api/metrics/query?start=1699999990&end=1700000020&q=" +
                         encoded("{ status = error } | count_over_time()"));
  ASSERT_EQ(answer["series"].size(), 1u);
  EXPECT_EQ(answer["series"][0]["value"], 1);
}

TEST_F(TempoMetricsTest, SaysWhatIsWrong) {
  auto error_of = [&](const std::string& target) {
    auto answer = get(target);
    EXPECT_EQ(answer.status, 400) << target;
    return answer.body;
  };
  EXPECT_THAT(error_of("/api/metrics/query_range?q=" + encoded("{ }")), HasSubstr("no metrics"));
  EXPECT_THAT(error_of("/api/metrics/query?q=" + encoded("{ } | rate(")), HasSubstr("column"));
  EXPECT_THAT(error_of("/api/metrics/query_range?start=1&end=1700000000&step=1&q=" +
                       encoded("{ } | rate()")),
              HasSubstr("longer step"));
  EXPECT_THAT(error_of("/api/metrics/query?start=5&end=2&q=" + encoded("{ } | rate()")),
              HasSubstr("range"));
}

}  // namespace
}  // namespace clew::api
