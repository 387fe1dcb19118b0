#include "base/time_text.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;
constexpr UnixNanos kNow = 1'800'000'000 * kSecond;

TEST(ParseTime, ReadsRfc3339) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z", kNow), 0u);
  EXPECT_EQ(parse_time("2026-07-01T12:34:56Z", kNow), 1'782'909'296 * kSecond);
  EXPECT_EQ(parse_time("2026-07-01T12:34:56.5z", kNow), 1'782'909'296 * kSecond + kSecond / 2);
  EXPECT_EQ(parse_time("2026-07-01T14:34:56.0000000019+02:00", kNow), 1'782'909'296 * kSecond + 1);
  EXPECT_EQ(parse_time("2026-07-01T11:04:56-01:30", kNow), 1'782'909'296 * kSecond);
}

TEST(ParseTime, ReadsHowLongAgo) {
  EXPECT_EQ(parse_time("2h", kNow), kNow - 7200 * kSecond);
  EXPECT_EQ(parse_time("0", kNow), kNow);
  EXPECT_EQ(parse_time("200h", 100 * kSecond), 0u);
}

TEST(ParseTime, Rfc3339HasNoDurations) {
  EXPECT_EQ(parse_rfc3339("2026-07-01T12:34:56Z"), 1'782'909'296 * kSecond);
  EXPECT_FALSE(parse_rfc3339("2h"));
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2026-07-01", "2026-07-01T12:34:56", "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z", "2026-07-01T12:34:56Zx", "2026-07-01T12:34:56.Z", "-2h",
        "2026-07-01T1:34:56Z", "2026-07-01T12:34:56+2:00", "1970-01-01T00:00:00+01:00"})
    EXPECT_FALSE(parse_time(text, kNow)) << text;
}

TEST(DayText, IsADate) {
  EXPECT_EQ(day_text(0), "1970-01-01");
  EXPECT_EQ(day_text(1'782'909'296 / 86'400), "2026-07-01");
}

TEST(SecondText, IsUtc) {
  EXPECT_EQ(second_text(0), "1970-01-01 00:00:00");
  EXPECT_EQ(second_text(1'795'701'599'999'999'999), "2026-11-26 13:59:59");
}

}  // namespace
}  // namespace clew
