#include "store/condition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::Value;

const std::optional<AttributeScope> kAny;

Condition parsed(std::string_view text) {
  auto condition = Condition::parse(text);
  EXPECT_TRUE(condition) << text << ": " << condition.error().message;
  return condition.value_or(Condition());
}

std::string why_not(std::string_view text) {
  auto condition = Condition::parse(text);
  EXPECT_FALSE(condition) << text;
  if (condition) return "";
  EXPECT_EQ(condition.error().code, Code::kInvalid);
  return condition.error().message;
}

/// What the condition `x <rest>` says of a value.
bool accepts(const std::string& rest, const Value& value) {
  return ValueTest::compile(parsed("x " + rest)).value().accepts(value);
}

TEST(ConditionText, NamesScopeKeyAndComparison) {
  EXPECT_EQ(parsed("span.http.status_code >= 500"),
            (Condition{AttributeScope::kSpan, "http.status_code", Comparison::kGreaterEqual,
                       int64_t{500}}));
  EXPECT_EQ(parsed("resource.host.name = \"n1\""),
            (Condition{AttributeScope::kResource, "host.name", Comparison::kEqual, "n1"}));
  EXPECT_EQ(parsed("app_id=~\"app-.*\""),
            (Condition{kAny, "app_id", Comparison::kMatches, "app-.*"}));
  EXPECT_EQ(parsed("event.exception.type"),
            (Condition{AttributeScope::kEvent, "exception.type", Comparison::kExists, {}}));
  EXPECT_EQ(parsed("scope.lib != \"x\""),
            (Condition{AttributeScope::kScope, "lib", Comparison::kNotEqual, "x"}));
  EXPECT_EQ(parsed("cache.hit = true"), (Condition{kAny, "cache.hit", Comparison::kEqual, true}));
  EXPECT_EQ(parsed(".span.kind!~a"), (Condition{kAny, "span.kind", Comparison::kNotMatches, "a"}));
  EXPECT_EQ(parsed("  a<1.5 "), (Condition{kAny, "a", Comparison::kLess, 1.5}));
  EXPECT_EQ(parsed("a<=-1"), (Condition{kAny, "a", Comparison::kLessEqual, int64_t{-1}}));
  EXPECT_EQ(parsed("a > b c "), (Condition{kAny, "a", Comparison::kGreater, "b c"}));
}

TEST(ConditionText, OperandsAreTypedByHowTheyAreWritten) {
  auto operand = [](std::string_view text) { return parsed(text).operand; };
  using Operand = decltype(Condition::operand);
  EXPECT_EQ(operand("a = \"500\""), Operand("500"));
  EXPECT_EQ(operand("a = 500"), Operand(int64_t{500}));
  EXPECT_EQ(operand("a = 5e2"), Operand(500.0));
  EXPECT_EQ(operand("a = 9223372036854775808"), Operand(9223372036854775808.0));
  EXPECT_EQ(operand("a = 1.2.3"), Operand("1.2.3"));
  EXPECT_EQ(operand("a = inf"), Operand("inf"));
  EXPECT_EQ(operand("a = 0x10"), Operand("0x10"));
  EXPECT_EQ(operand("a = false"), Operand(false));
  EXPECT_EQ(operand("a = \"false\""), Operand("false"));
  EXPECT_EQ(operand("a = falsely"), Operand("falsely"));
  EXPECT_EQ(operand("a =~ 500"), Operand("500"));
  EXPECT_EQ(operand("a !~ true"), Operand("true"));
  EXPECT_EQ(operand("a = \"\""), Operand(""));
}

TEST(ConditionText, QuotesKeepEverything) {
  EXPECT_EQ(std::get<std::string>(parsed(R"(a = "say \"hi\" \\ \d")").operand), R"(say "hi" \ \d)");
  EXPECT_EQ(parsed(R"(span."my key" = 1)").key, "my key");
  EXPECT_EQ(parsed(R"("span.a" = 1)"), (Condition{kAny, "span.a", Comparison::kEqual, int64_t{1}}));
}

TEST(ConditionText, ErrorsNameTheColumn) {
  EXPECT_EQ(why_not(""), "column 1: the key of an attribute is missing");
  EXPECT_EQ(why_not(" = 1"), "column 2: the key of an attribute is missing");
  EXPECT_EQ(why_not("span."), "column 6: the key of an attribute is missing");
  EXPECT_EQ(why_not("a ="), "column 4: a value is missing after the operator");
  EXPECT_EQ(why_not("a b"), "column 3: an operator is expected here: = != < <= > >= =~ !~");
  EXPECT_EQ(why_not("a ! b"), "column 3: an operator is expected here: = != < <= > >= =~ !~");
  EXPECT_EQ(why_not("a == b"), "column 3: there is no such operator, only = != < <= > >= =~ !~");
  EXPECT_EQ(why_not("ä = \"b"), "column 5: this quote is not closed");
  EXPECT_EQ(why_not("a = \"b\" c"), "column 9: nothing may follow the closing quote");
  EXPECT_EQ(why_not("a < true"), "column 3: true and false have no order: use = or !=");
}

TEST(ConditionText, IsReadAsItWasMeant) {
  for (const char* text :
       {"a", ".span.a", "..a", "span.span.a = 1", "event.\"b c\" = \"x\\\"\\\\\"",
        "\"a=b\" != true", "a < -2.5", "a = 5.0", "a >= 1e300", "a = -0.0", "a =~ \"\\\\d+\"",
        "a !~ x", "\"\\\"\" = 1"}) {
    Condition condition = parsed(text);
    EXPECT_EQ(parsed(condition.text()), condition) << text << " became " << condition.text();
  }
  EXPECT_EQ(parsed(" span.a>=500").text(), "span.a >= 500");
  EXPECT_EQ(parsed("a=b").text(), "a = \"b\"");
}

TEST(ValueTest, TextComparesWithTextOnly) {
  Value b = Value::of_string("b");
  EXPECT_TRUE(accepts("= b", b));
  EXPECT_FALSE(accepts("= B", b));
  EXPECT_TRUE(accepts("!= c", b));
  EXPECT_FALSE(accepts("!= b", b));
  EXPECT_TRUE(accepts("< c", b));
  EXPECT_FALSE(accepts("< b", b));
  EXPECT_TRUE(accepts("<= b", b));
  EXPECT_TRUE(accepts("> a", b));
  EXPECT_FALSE(accepts("> b", b));
  EXPECT_TRUE(accepts(">= b", b));
  EXPECT_TRUE(accepts("< \"\xff\"", Value::of_string("\x7f")));  // bytes are unsigned
  for (const Value& other :
       {Value::of_int(5), Value::of_double(5), Value::of_bool(true), Value::of_bytes("5"), Value()})
    for (const char* no : {"= \"5\"", "< \"9\"", "<= \"9\"", "> \"0\"", ">= \"0\"", "= \"true\""}) {
      EXPECT_FALSE(accepts(no, other)) << no;
      EXPECT_TRUE(accepts("!= \"5\"", other));
    }
}

TEST(ValueTest, NumbersCompareWhateverTheirType) {
  for (const Value& five : {Value::of_int(5), Value::of_double(5), Value::of_string("5"),
                            Value::of_string("5.0"), Value::of_string("0.5e1")}) {
    for (const char* yes : {"= 5", "= 5.0", "!= 4", "!= 5.5", "< 6", "< 5.5", "<= 5", "<= 5.0",
                            "> 4", "> 4.5", ">= 5", ">= 5.0", "> -5"})
      EXPECT_TRUE(accepts(yes, five)) << yes << " " << five.text();
    for (const char* no : {"= 4", "= 5.5", "!= 5", "!= 5.0", "< 5", "< 4.5", "<= 4", "> 5", "> 5.5",
                           ">= 6", ">= 5.5"})
      EXPECT_FALSE(accepts(no, five)) << no << " " << five.text();
  }
}

TEST(ValueTest, OnlyTextsThatAreWhollyANumberAreOne) {
  for (const char* text : {"", "5 ", " 5", "5ms", "+5", "0x5", "five", "-", ".", "1e999", "nan"}) {
    EXPECT_FALSE(accepts("<= 1000", Value::of_string(text))) << text;
    EXPECT_FALSE(accepts("> -1000", Value::of_string(text))) << text;
    EXPECT_TRUE(accepts("!= 5", Value::of_string(text))) << text;
  }
  EXPECT_TRUE(accepts("< 0", Value::of_string("-0.5")));
  EXPECT_TRUE(accepts("= 0.5", Value::of_string(".5")));
  EXPECT_FALSE(accepts("= 5", Value::of_bool(true)));
  EXPECT_FALSE(accepts("= 5", Value::of_bytes("5")));
}

TEST(ValueTest, LargeIntsAreNotRounded) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(accepts("= 9223372036854775807", Value::of_int(kLargest)));
  EXPECT_FALSE(accepts("= 9223372036854775806", Value::of_int(kLargest)));
  EXPECT_FALSE(accepts("= 9223372036854775807", Value::of_string("9223372036854775806")));
  EXPECT_TRUE(accepts("< 9223372036854775808", Value::of_int(kLargest)));
  EXPECT_TRUE(accepts("> -1e300", Value::of_int(std::numeric_limits<int64_t>::min())));
  EXPECT_FALSE(accepts("= 9007199254740993", Value::of_double(9007199254740992.0)));
  EXPECT_TRUE(accepts("> -9007199254740993", Value::of_double(-9007199254740992.0)));
  EXPECT_TRUE(accepts("> -2", Value::of_double(-1.5)));
  EXPECT_TRUE(accepts("< -1", Value::of_double(-1.5)));
}

TEST(ValueTest, NoNumberIsNeitherLessNorGreater) {
  Value nan = Value::of_double(std::nan(""));
  for (const char* no : {"= 0", "< 0", "<= 0", "> 0", ">= 0"}) EXPECT_FALSE(accepts(no, nan));
  EXPECT_TRUE(accepts("!= 0", nan));
  EXPECT_TRUE(accepts("> 0", Value::of_double(std::numeric_limits<double>::infinity())));
}

TEST(ValueTest, BoolsEqualBoolsOnly) {
  EXPECT_TRUE(accepts("= true", Value::of_bool(true)));
  EXPECT_FALSE(accepts("= true", Value::of_bool(false)));
  EXPECT_TRUE(accepts("!= true", Value::of_bool(false)));
  EXPECT_FALSE(accepts("!= false", Value::of_bool(false)));
  EXPECT_FALSE(accepts("= true", Value::of_string("true")));
  EXPECT_TRUE(accepts("!= true", Value::of_string("true")));
  EXPECT_FALSE(accepts("= true", Value::of_int(1)));
  EXPECT_FALSE(ValueTest::compile({kAny, "a", Comparison::kLess, true}));
}

TEST(ValueTest, RegularExpressionsMatchTheWholeTextOfAnyType) {
  EXPECT_TRUE(accepts("=~ app-.*", Value::of_string("app-7")));
  EXPECT_FALSE(accepts("=~ app", Value::of_string("app-7")));
  EXPECT_TRUE(accepts("!~ app", Value::of_string("app-7")));
  EXPECT_FALSE(accepts("!~ app-.*", Value::of_string("app-7")));
  EXPECT_TRUE(accepts("=~ 5..", Value::of_int(503)));
  EXPECT_FALSE(accepts("=~ 5..", Value::of_int(5030)));
  EXPECT_TRUE(accepts("=~ t.*", Value::of_bool(true)));
  EXPECT_TRUE(accepts("=~ \"\"", Value()));
  EXPECT_TRUE(accepts("=~ .*Timeout.*", Value::of_string("at a\nTimeout\nat b")));
  EXPECT_TRUE(accepts("=~ .", Value::of_string("ä")));
  EXPECT_TRUE(accepts("=~ [äö]", Value::of_string("ö")));
  EXPECT_FALSE(accepts("=~ .", Value::of_string("\xff")));
  EXPECT_TRUE(accepts("=~ a\\C", Value::of_string("a\xff")));
}

TEST(ValueTest, RegularExpressionsAreBounded) {
  Condition condition{kAny, "a", Comparison::kMatches, std::string(limits::kRegexBytes, 'x')};
  EXPECT_TRUE(ValueTest::compile(condition));
  condition.operand = std::string(limits::kRegexBytes + 1, 'x');
  double before = testing::limit_hits("regex_bytes");
  EXPECT_EQ(ValueTest::compile(condition).error().code, Code::kInvalid);
  EXPECT_EQ(testing::limit_hits("regex_bytes"), before + 1);

  condition.operand = "x{100}";
  EXPECT_TRUE(ValueTest::compile(condition));
  condition.operand = "\\pL{1000}";
  before = testing::limit_hits("regex_memory_bytes");
  EXPECT_EQ(ValueTest::compile(condition).error().code, Code::kInvalid);
  EXPECT_EQ(testing::limit_hits("regex_memory_bytes"), before + 1);

  for (const char* wrong : {"(", "a**", "[", "\xff", "(?=a)", "\\1"}) {
    condition.operand = wrong;
    EXPECT_FALSE(ValueTest::compile(condition)) << wrong;
  }
  EXPECT_FALSE(ValueTest::compile({kAny, "a", Comparison::kMatches, int64_t{5}}));
}

TEST(ValueTest, ExistenceIsEnough) {
  for (const Value& value : {Value(), Value::of_string(""), Value::of_bool(false)})
    EXPECT_TRUE(accepts("", value));
}

TEST(ValueTest, TextOfAnyTypeForTags) {
  auto equals = [](const char* text, const Value& value) {
    return ValueTest::text_equals(text).accepts(value);
  };
  EXPECT_TRUE(equals("503", Value::of_int(503)));
  EXPECT_TRUE(equals("-503", Value::of_int(-503)));
  EXPECT_FALSE(equals("0503", Value::of_int(503)));
  EXPECT_TRUE(equals("0.5", Value::of_double(0.5)));
  EXPECT_TRUE(equals("true", Value::of_bool(true)));
  EXPECT_FALSE(equals("true", Value::of_bool(false)));
  EXPECT_TRUE(equals("YQ==", Value::of_bytes("a")));
  EXPECT_TRUE(equals("", Value()));
  EXPECT_TRUE(equals("", Value::of_string("")));
  EXPECT_FALSE(equals("5", Value::of_string("5.0")));
}

TEST(ValueTest, SaysWhichTextAloneWillDo) {
  auto exact = [](std::string_view text) {
    auto test = ValueTest::compile(parsed(text)).value();
    return std::string(test.exact_text().value_or("any"));
  };
  EXPECT_EQ(exact("a = x"), "x");
  EXPECT_EQ(exact("a = true"), "true");
  EXPECT_EQ(exact("a = 5"), "any");
  EXPECT_EQ(exact("a != x"), "any");
  EXPECT_EQ(exact("a =~ x"), "any");
  EXPECT_EQ(exact("a"), "any");
  EXPECT_EQ(ValueTest::text_equals("y").exact_text(), "y");
}

TEST(ValueTest, SaysWhatATextMustContain) {
  auto may_be_in = [](std::string_view condition, std::string_view text) {
    auto test = ValueTest::compile(parsed(condition)).value();
    return test.may_accept_text(
        [&](std::string_view part) { return text.find(part) != text.npos; });
  };
  EXPECT_TRUE(may_be_in("a =~ .*Timeout.*", "a timeout here"));
  EXPECT_FALSE(may_be_in("a =~ .*Timeout.*", "all is well"));
  EXPECT_TRUE(may_be_in("a =~ (cart|shop)/.*", "shop/1"));
  EXPECT_FALSE(may_be_in("a =~ (cart|shop)/.*", "edge/1"));
  EXPECT_TRUE(may_be_in("a =~ .*", "anything"));
  EXPECT_TRUE(may_be_in("a !~ .*Timeout.*", "all is well"));
  EXPECT_TRUE(may_be_in("a = x", "y"));  // equality asks for nothing
}

}  // namespace
}  // namespace clew::store
