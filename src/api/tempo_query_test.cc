#include "api/tempo_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace clew::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Logfmt, ReadsPairsQuotesAndKeysAlone) {
  auto tags = parse_logfmt(R"( service.name=shop  http.url="/a b?c=\"d\"\n" cached )");
  ASSERT_TRUE(tags) << tags.error().message;
  EXPECT_THAT(*tags,
              ElementsAre(store::Tag{"service.name", "shop"},
                          store::Tag{"http.url", "/a b?c=\"d\"\n"}, store::Tag{"cached", ""}));
  EXPECT_TRUE(parse_logfmt("")->empty());
}

TEST(Logfmt, SaysWhereItIsWrong) {
  auto error_of = [](std::string_view text) { return parse_logfmt(text).error().message; };
  EXPECT_EQ(error_of("=x"), "at pos 1: a key is expected");
  EXPECT_EQ(error_of("a=b=c"), "at pos 4: it must stand in quotes");
  EXPECT_EQ(error_of("a=\"b"), "at pos 5: a quote is not closed");
  EXPECT_EQ(error_of("a=1 a=2"), "at pos 8: a is set twice");
  std::string many;
  for (size_t i = 0; i <= limits::kTagsPerQuery; ++i) many += fmt::format("k{}=1 ", i);
  EXPECT_THAT(error_of(many), HasSubstr("more than"));
}

net::HttpRequest request(net::HttpFields query) {
  return {.query = std::move(query)};
}

TEST(TempoSearch, ReadsAllItsParameters) {
  auto search =
      parse_tempo_search(request({{"tags", "service.name=shop name=\"GET /\" status.code=error"},
                                  {"minDuration", "1s"},
                                  {"maxDuration", "2s"},
                                  {"start", "10"},
                                  {"end", "20"},
                                  {"limit", "7"}}));
  ASSERT_TRUE(search) << search.error().message;
  const store::Filter& filter = search->filter;
  EXPECT_THAT(filter.tags, ElementsAre(store::Tag{"service.name", "shop"},
                                       store::Tag{"otel.status_code", "error"}));
  EXPECT_EQ(filter.operation, "GET /");
  EXPECT_EQ(filter.min_trace_duration, 1'000'000'000u);
  EXPECT_EQ(filter.max_trace_duration, 2'000'000'000u);
  EXPECT_EQ(filter.start_min, 10'000'000'000u);
  EXPECT_EQ(filter.start_max, 20'999'999'999u);
  EXPECT_EQ(search->limit, 7u);
  EXPECT_EQ(parse_tempo_search(request({}))->limit, 20u);
}

TEST(TempoSearch, NamesWhatIsWrong) {
  auto error_of = [](net::HttpFields query) {
    return parse_tempo_search(request(std::move(query))).error().message;
  };
  EXPECT_THAT(error_of({{"tags", "a=\"b"}}), HasSubstr("invalid tags: at pos 5"));
  EXPECT_THAT(error_of({{"tags", "root.name=x"}}), HasSubstr("root.name"));
  EXPECT_THAT(error_of({{"minDuration", "1x"}}), HasSubstr("minDuration"));
  EXPECT_THAT(error_of({{"minDuration", "2s"}, {"maxDuration", "1s"}}), HasSubstr("maxDuration"));
  EXPECT_THAT(error_of({{"start", "5"}}), HasSubstr("both start and end"));
  EXPECT_THAT(error_of({{"start", "5"}, {"end", "5"}}), HasSubstr("before end"));
  EXPECT_THAT(error_of({{"start", "1e9"}, {"end", "5"}}), HasSubstr("start"));
  EXPECT_THAT(error_of({{"start", "1"}, {"end", "99999999999999"}}), HasSubstr("end"));
  EXPECT_THAT(error_of({{"limit", "0"}}), HasSubstr("limit"));
}

TEST(TempoSearch, TakesTraceqlOrTags) {
  auto search = parse_tempo_search(request({{"q", "{ }"}, {"spss", "0"}, {"minDuration", "1s"}}));
  ASSERT_TRUE(search) << search.error().message;
  EXPECT_EQ(search->query, "{ }");
  EXPECT_EQ(search->spans_per_spanset, 0u);
  EXPECT_EQ(search->filter.min_trace_duration, 1'000'000'000u);
  EXPECT_EQ(parse_tempo_search(request({}))->spans_per_spanset, 3u);
  EXPECT_THAT(parse_tempo_search(request({{"q", "{ }"}, {"tags", "a=b"}})).error().message,
              HasSubstr("'q' and 'tags'"));
  EXPECT_THAT(parse_tempo_search(request({{"spss", "-1"}})).error().message, HasSubstr("spss"));
}

TEST(TempoNames, ReadsAllItsParameters) {
  auto names = parse_tempo_names(
      request({{"q", "{ }"}, {"start", "1"}, {"end", "2"}, {"limit", "5"}}), 1000);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(names->query, "{ }");
  EXPECT_EQ(names->start_min, 1'000'000'000u);
  EXPECT_EQ(names->start_max, 2'999'999'999u);
  EXPECT_EQ(names->limit, 5u);
  EXPECT_EQ(parse_tempo_names(request({}), 1000)->limit, 1000u);
  EXPECT_FALSE(parse_tempo_names(request({{"end", "2"}}), 1000));
  EXPECT_FALSE(parse_tempo_names(request({{"limit", "all"}}), 1000));
}

using query::traceql::Intrinsic;
using query::traceql::Scope;

TEST(TempoTag, TellsFieldsFromAttributes) {
  EXPECT_EQ(parse_tempo_tag("name")->intrinsic, Intrinsic::kName);
  EXPECT_EQ(parse_tempo_tag("span:status")->intrinsic, Intrinsic::kStatus);
  EXPECT_EQ(parse_tempo_tag("trace:rootService")->intrinsic, Intrinsic::kRootService);
  auto attribute = parse_tempo_tag("resource.service.name");
  EXPECT_EQ(attribute->scope, Scope::kResource);
  EXPECT_EQ(attribute->key, "service.name");
  EXPECT_EQ(attribute->intrinsic, Intrinsic::kNone);
  EXPECT_EQ(parse_tempo_tag(".foo")->scope, Scope::kAny);
  EXPECT_EQ(parse_tempo_tag("link.foo")->scope, Scope::kLink);
  EXPECT_EQ(parse_tempo_tag("instrumentation.lib")->scope, Scope::kInstrumentation);
  EXPECT_EQ(parse_tempo_tag(R"(span."a \"b")")->key, "a \"b");
  for (const char* wrong : {"service.name", "span.", "", ".", "name, kind", "name) | select(kind",
                            "nothing", "select", " name"})
    EXPECT_FALSE(parse_tempo_tag(wrong)) << wrong;
}

TEST(TempoTag, KnowsEveryIntrinsicItLists) {
  for (std::string_view name : tempo_intrinsics()) {
    auto field = parse_tempo_tag(name);
    ASSERT_TRUE(field) << name;
    EXPECT_NE(field->intrinsic, Intrinsic::kNone) << name;
  }
}

}  // namespace
}  // namespace clew::api
