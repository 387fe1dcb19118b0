#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/duration.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/tenant.h"

namespace clew {
namespace {

TEST(TraceId, ReadsAndWritesHex) {
  auto id = TraceId::from_hex("4BF92F3577b34da6a3ce929d0e0e4736");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(TraceId::from_raw(id->raw()), id);
}

TEST(TraceId, ShortHexIsPaddedOnTheLeft) {
  EXPECT_EQ(TraceId::from_hex("a3ce929d0e0e4736")->hex(), "0000000000000000a3ce929d0e0e4736");
  EXPECT_EQ(SpanId::from_hex("f")->hex(), "000000000000000f");
}

TEST(TraceId, RefusesWhatIsNotHexOrTooLong) {
  EXPECT_FALSE(TraceId::from_hex("").has_value());
  EXPECT_FALSE(TraceId::from_hex("xyz").has_value());
  EXPECT_FALSE(TraceId::from_hex(std::string(33, '0')).has_value());
  EXPECT_FALSE(SpanId::from_raw("seven b").has_value());
}

TEST(Json, EscapesWhatJsonNeedsEscaped) {
  std::string out;
  append_json_string(out, "a\"\\\n\x01/é€𝄞");
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001/é€𝄞\"");
}

TEST(Json, ReplacesBytesThatAreNotUtf8) {
  auto written = [](std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  };
  EXPECT_EQ(written("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(written("\xc0\xaf"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // overlong "/"
  EXPECT_EQ(written("\xed\xa0\x80").size(), 2 + 9u);               // a lone surrogate
  EXPECT_EQ(written("\xe2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // cut short
}

TEST(JsonWriter, PutsTheCommas) {
  JsonWriter json;
  json.begin_object().member("a", 1).key("b").begin_array().value("x").begin_object().end_object();
  json.value(true).null().end_array().member("c", uint64_t{18446744073709551615u}).end_object();
  EXPECT_EQ(json.take(), R"({"a":1,"b":["x",{},true,null],"c":18446744073709551615})");
}

TEST(Duration, IsReadAsGoWritesIt) {
  EXPECT_EQ(parse_duration("1.5s"), 1'500'000'000u);
  EXPECT_EQ(parse_duration("2m30s"), 150'000'000'000u);
  EXPECT_EQ(parse_duration("100us"), 100'000u);
  EXPECT_EQ(parse_duration("7ns"), 7u);
  EXPECT_EQ(parse_duration("0"), 0u);
  for (const char* text : {"", "5", "s", "-1s", "1x", "1s ", "nan s", "1e99h", "9999999h9999999h"})
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
}

TEST(Duration, IsWrittenAsItIsRead) {
  using std::chrono::milliseconds;
  EXPECT_EQ(duration_text(milliseconds(200)), "200ms");
  EXPECT_EQ(duration_text(milliseconds(150'000)), "2m30s");
  EXPECT_EQ(duration_text(std::chrono::hours(336)), "336h");
}

TEST(Tenant, IsAnonymousByDefault) {
  EXPECT_EQ(Tenant::parse("")->name(), "anonymous");
}

TEST(Tenant, RefusesWhatCouldLeaveItsDirectory) {
  for (const char* name : {".", "..", "a/b", "a b", "\n"})
    EXPECT_FALSE(Tenant::parse(name).has_value()) << name;
  EXPECT_TRUE(Tenant::parse("team-1.prod").has_value());
}

TEST(Tenant, LengthIsLimited) {
  EXPECT_TRUE(Tenant::parse(std::string(limits::kTenantBytes, 'a')).has_value());
  EXPECT_FALSE(Tenant::parse(std::string(limits::kTenantBytes + 1, 'a')).has_value());
}

TEST(Metrics, ArePrintedInPrometheusText) {
  metrics::counter("clew_test_total", "A test", {{"kind", "a"}}).Increment(2);
  metrics::counter("clew_test_total", "A test", {{"kind", "a"}}).Increment();
  EXPECT_NE(metrics::render().find("clew_test_total{kind=\"a\"} 3"), std::string::npos);
}

TEST(SharedBytes, SharesWhatItTook) {
  SharedBytes bytes = SharedBytes::take("hello");
  SharedBytes copy = bytes;  // NOLINT(performance-unnecessary-copy-initialization): the point
  EXPECT_EQ(copy.view().data(), bytes.view().data());
}

}  // namespace
}  // namespace clew
