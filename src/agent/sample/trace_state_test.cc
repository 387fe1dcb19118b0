#include "agent/sample/trace_state.h"

#include <gtest/gtest.h>

namespace clew::agent {
namespace {

std::string rewritten(std::string_view text) {
  auto state = TraceState::parse(text);
  return state ? state->text() : "error: " + state.error().message;
}

TEST(TraceState, ReadsWhatSamplersSay) {
  auto state = TraceState::parse("zen=1, ot=th:c;rv:FE000000000001;p:8 ,mesh@clew=x=y");
  EXPECT_FALSE(state.has_value());  // a value has no '='
  state = TraceState::parse("zen=1, ot=th:c;rv:FE000000000001;p:8 ,mesh@clew=xy");
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->randomness(), 0xfe000000000001u);
  EXPECT_EQ(state->threshold(), 0xc0000000000000u);
  EXPECT_EQ(state->text(), "ot=rv:FE000000000001;th:c;p:8,zen=1,mesh@clew=xy");
}

TEST(TraceState, OfNothingIsNothing) {
  EXPECT_EQ(rewritten(""), "");
  EXPECT_EQ(rewritten(" , ,\t"), "");
  EXPECT_EQ(rewritten("zen=1"), "zen=1");
}

TEST(TraceState, AThresholdOnlyRises) {
  auto state = TraceState::parse("ot=th:8");
  EXPECT_TRUE(state->raise_threshold(0xc0000000000000));
  EXPECT_EQ(state->text(), "ot=th:c");
  EXPECT_FALSE(state->raise_threshold(0x80000000000000));
  EXPECT_EQ(state->text(), "ot=th:c");
  state->clear_threshold();
  EXPECT_TRUE(state->raise_threshold(0));
  state->set_randomness(0x1234);
  EXPECT_EQ(state->text(), "ot=rv:00000000001234;th:0");
}

TEST(TraceState, OfTwoMembersOfOpenTelemetryTheLastCounts) {
  EXPECT_EQ(rewritten("ot=th:8;a:b,ot=th:c"), "ot=th:c");
}

TEST(TraceState, RefusesWhatIsNone) {
  for (std::string_view text :
       {"a", "=1", "a=", "a= ", "A=1", "1a=1", "a=\x01", "ot=th", "ot=th:8;", "ot=;th:8", "ot=:8",
        "ot=Th:8", "ot=th:", "ot=x:y:z", "ot=rv:1", "@a=1", "a@=1", "a@1=1", "a@b@c=1"})
    EXPECT_FALSE(TraceState::parse(text).has_value()) << text;
}

TEST(TraceState, SaysWhatIsWrongInTheCollectorsWords) {
  EXPECT_TRUE(rewritten("ot=rv:1").contains("r-value must have 14 hex digits"));
  EXPECT_TRUE(rewritten("ot=th:000000000000001").contains("t-value exceeds 14 hex digits"));
}

TEST(TraceState, HasALimitOnItsSize) {
  std::string members;
  for (int i = 0; i < 32; ++i) members += fmt::format("a{}=1,", i);
  EXPECT_TRUE(TraceState::parse(members).has_value());
  EXPECT_FALSE(TraceState::parse(members + "b=1").has_value());
  std::string blanks(1024 - 3, ' ');
  EXPECT_TRUE(TraceState::parse("a=1" + blanks).has_value());
  EXPECT_FALSE(TraceState::parse("a=1" + blanks + " ").has_value());
  EXPECT_TRUE(TraceState::parse("a=" + std::string(256, 'x')).has_value());
  EXPECT_FALSE(TraceState::parse("a=" + std::string(257, 'x')).has_value());
}

}  // namespace
}  // namespace clew::agent
