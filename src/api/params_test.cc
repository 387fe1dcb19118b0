#include "api/params.h"

#include <gtest/gtest.h>

#include "api/jaeger_query.h"

namespace clew::api {
namespace {

constexpr UnixNanos kNow = 1'700'000'000'000'000'000;

net::HttpRequest request(net::HttpFields query) {
  net::HttpRequest request;
  request.query = std::move(query);
  return request;
}

std::string query_error(net::HttpFields query) {
  auto parsed = parse_jaeger_query(request(std::move(query)), kNow);
  return parsed ? "(none)" : parsed.error().message;
}

TEST(JaegerQuery, ReadsWhatJaegersUiSends) {
  auto query = parse_jaeger_query(request({{"service", "frontend"},
                                           {"operation", "GET /"},
                                           {"start", "1600000000000000"},
                                           {"end", "1600000001000000"},
                                           {"minDuration", "100ms"},
                                           {"maxDuration", "1.5s"},
                                           {"limit", "20"},
                                           {"lookback", "1h"},
                                           {"tag", "http.status_code:503"},
                                           {"tag", "url:http://a/b"},
                                           {"tags", R"({"error":"true"})"}}),
                                  kNow);
  ASSERT_TRUE(query.has_value()) << query.error().message;
  EXPECT_EQ(query->filter.service, "frontend");
  EXPECT_EQ(query->filter.operation, "GET /");
  EXPECT_EQ(query->filter.start_min, 1'600'000'000'000'000'000u);
  EXPECT_EQ(query->filter.start_max, 1'600'000'001'000'000'999u);
  EXPECT_EQ(query->filter.min_duration, 100'000'000u);
  EXPECT_EQ(query->filter.max_duration, 1'500'000'000u);
  EXPECT_EQ(query->limit, 20u);
  EXPECT_EQ(query->filter.tags,
            (std::vector<store::Tag>{
                {"http.status_code", "503"}, {"url", "http://a/b"}, {"error", "true"}}));
}

TEST(JaegerQuery, TheLastTwoDaysAreMeantByDefault) {
  auto query = parse_jaeger_query(request({{"service", "s"}}), kNow);
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->filter.start_max, kNow);
  EXPECT_EQ(query->filter.start_min, kNow - 48 * 3600ull * 1'000'000'000);
  EXPECT_EQ(query->limit, 100u);
}

TEST(JaegerQuery, SaysWhichParameterIsWrong) {
  EXPECT_EQ(query_error({}), "parameter 'service' is required");
  EXPECT_EQ(query_error({{"service", "s"}, {"start", "abc"}}),
            "unable to parse param 'start': \"abc\" is not a whole number");
  EXPECT_EQ(query_error({{"service", "s"}, {"minDuration", "5"}}),
            "unable to parse param 'minDuration': invalid duration \"5\", write it like 100ms, "
            "1.5s or 2m30s");
  EXPECT_EQ(query_error({{"service", "s"}, {"minDuration", "2s"}, {"maxDuration", "1s"}}),
            "'maxDuration' should be greater than 'minDuration'");
  EXPECT_EQ(query_error({{"service", "s"}, {"limit", "0"}}),
            "unable to parse param 'limit': it must be at least 1");
  EXPECT_EQ(query_error({{"service", "s"}, {"tag", "nocolon"}}),
            "malformed 'tag' parameter, expecting key:value, received: nocolon");
  EXPECT_EQ(query_error({{"service", "s"}, {"tags", "{\"a\":1}"}}),
            "malformed 'tags' parameter: the value of 'a' is no string");
  EXPECT_EQ(query_error({{"service", "s"}, {"tags", "[["}}),
            "malformed 'tags' parameter, expecting a JSON object of strings, received: [[");
  EXPECT_EQ(query_error({{"service", "s"}, {"start", "99999999999999999"}}),
            "unable to parse param 'start': it is a time in microseconds since 1970");
  EXPECT_EQ(query_error({{"traceID", "xyz"}}),
            "cannot parse traceID param: \"xyz\" is not a trace ID: 1 to 32 hex digits");
}

TEST(JaegerQuery, TraceIdsNeedNoService) {
  auto query = parse_jaeger_query(request({{"traceID", "abc"}, {"traceID", "def"}}), kNow);
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->trace_ids.size(), 2u);
}

TEST(SpanKind, IsReadInEitherCase) {
  EXPECT_EQ(parse_span_kind("SERVER"), otlp::SpanKind::kServer);
  EXPECT_EQ(parse_span_kind("internal"), otlp::SpanKind::kInternal);
  EXPECT_FALSE(parse_span_kind("sever").has_value());
}

}  // namespace
}  // namespace clew::api
