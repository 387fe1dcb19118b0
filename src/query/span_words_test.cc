#include "query/span_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "otlp/testing.h"

namespace clew::query {
namespace {

using namespace otlp::testing;

/// Whether the words stand in a span of service shop whose texts are drawn here.
bool stands(std::string_view text) {
  static const otlp::Batch batch =
      batch_of({{.span = 0xabc,
                 .name = "GET /Cart",
                 .kind = otlp::SpanKind::kClient,
                 .status = otlp::StatusCode::kError,
                 .attributes = {{"db.system", "Redis"}, {"city", "ÅRHUS"}},
                 .extra_key_values = {key_value("retries", any_int(3)),
                                      key_value("cold", any_bool(true))}}});
  return SpanWords::parse(text).value().match(batch, batch.spans()[0]);
}

TEST(SpanWords, StandInNamesKindsStatusAndIds) {
  for (std::string_view text : {"cart", "get CART", "service=shop", "SERVICE=Sho kind=client",
                                "status=error", "0000000000000abc"})
    EXPECT_TRUE(stands(text)) << text;
  for (std::string_view text : {"post", "get basket", "service=cart", "kind=server", "status=ok"})
    EXPECT_FALSE(stands(text)) << text;
}

TEST(SpanWords, StandInAttributesWithTheirKeys) {
  for (std::string_view text : {"redis", "db.system=redis", "SYSTEM=R", "retries=3", "cold=true",
                                "cart\tretries=3   redis"})
    EXPECT_TRUE(stands(text)) << text;
  for (std::string_view text : {"db.system=redis2", "retries=4", "redis retries=4", "systemredis"})
    EXPECT_FALSE(stands(text)) << text;
}

TEST(SpanWords, HaveNoCaseBeyondAsciiEither) {
  EXPECT_TRUE(stands("århus"));
  EXPECT_TRUE(stands("CITY=Århus"));
  EXPECT_FALSE(stands("arhus"));
}

TEST(SpanWords, AreTakenAsTheyAreWritten) {
  EXPECT_FALSE(stands("r.dis"));
  EXPECT_FALSE(stands(".*"));
  EXPECT_FALSE(stands("å.hus"));
}

TEST(SpanWords, OfOneSpanDoNotHelpTheNext) {
  otlp::Batch batch = batch_of({{.span = 1, .service = "a", .name = "first"},
                                {.span = 2, .service = "b", .name = "second"},
                                {.span = 3, .service = "a", .name = "second"}});
  auto words = SpanWords::parse("service=a second").value();
  std::vector<bool> found;
  for (const otlp::SpanRef& ref : batch.spans()) found.push_back(words.match(batch, ref));
  EXPECT_EQ(found, (std::vector<bool>{false, false, true}));
}

TEST(SpanWords, MustBeSomeAndNotTooMany) {
  for (std::string_view text : {"", " \t\n"})
    EXPECT_EQ(SpanWords::parse(text).error().message, "there is no word to look for");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "a ";
  EXPECT_EQ(SpanWords::parse(many).error().code, Code::kInvalid);
  EXPECT_EQ(SpanWords::parse("\xff").error().code, Code::kInvalid);
}

}  // namespace
}  // namespace clew::query
