#include "main/terminal_text.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

TEST(TerminalText, AForeignNameCannotCommandTheTerminal) {
  EXPECT_EQ(printable("GET /\x1b[2J\nb\x7f"), "GET /·[2J·b·");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "·31m");                                  // CSI in one character
  EXPECT_EQ(printable("\u202Egnp.exe"), "·gnp.exe");  // written from the right
  EXPECT_EQ(printable("Grüße 東京"), "Grüße 東京");
  EXPECT_EQ(printable("a\xff"), "a\uFFFD");
}

TEST(TerminalText, CountsColumnsNotBytes) {
  EXPECT_EQ(columns_of("Grüße"), 5u);
  EXPECT_EQ(columns_of("東京"), 4u);
  EXPECT_EQ(columns_of("e\u0301"), 1u);  // e and a combining accent
}

TEST(TerminalText, FitsExactly) {
  EXPECT_EQ(fitted("abc", 5), "abc  ");
  EXPECT_EQ(fitted("abcde", 5), "abcde");
  EXPECT_EQ(fitted("abcdef", 5), "abcd…");
  EXPECT_EQ(fitted("東京都", 5), "東京…");
  EXPECT_EQ(fitted("東京都", 4), "東… ");
  EXPECT_EQ(fitted("abc", 0), "");
}

TEST(TerminalText, DurationsHaveThreeDigits) {
  EXPECT_EQ(span_duration_text(0), "0 ns");
  EXPECT_EQ(span_duration_text(999), "999 ns");
  EXPECT_EQ(span_duration_text(1'234), "1.23 µs");
  EXPECT_EQ(span_duration_text(12'340'000), "12.3 ms");
  EXPECT_EQ(span_duration_text(999'600'000), "1.00 s");
  EXPECT_EQ(span_duration_text(59'940'000'000), "59.9 s");
  EXPECT_EQ(span_duration_text(125'000'000'000), "2m 5s");
  EXPECT_EQ(span_duration_text(7'500'000'000'000), "2h 5m");
}

TEST(TerminalText, GroupsDigits) {
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'204'000), "1\u202F204\u202F000");
}

}  // namespace
}  // namespace clew
