#include "api/kept_answers.h"

#include <gtest/gtest.h>

namespace clew::api {
namespace {

using Question = KeptAnswers::Question;

Question question(uint8_t trace, std::string encoding = "") {
  Question question{.tenant = Tenant(), .id = {}, .encoding = std::move(encoding)};
  question.id.bytes.back() = trace;
  return question;
}

KeptAnswers::Answer answer(std::string body) {
  return {.body = SharedBytes::take(std::move(body)), .tag = "1", .encoding = ""};
}

const store::TraceState kBefore = {{.part = 1, .rows = 5}};
const store::TraceState kAfter = {{.part = 1, .rows = 6}};

TEST(KeptAnswers, AreGivenWhileTheTraceIsWhatItWas) {
  KeptAnswers kept(100);
  EXPECT_FALSE(kept.find(question(1), kBefore));
  kept.keep(question(1), kBefore, answer("five"));
  EXPECT_EQ(kept.find(question(1), kBefore)->body.view(), "five");
  EXPECT_FALSE(kept.find(question(1), kAfter));
  EXPECT_FALSE(kept.find(question(2), kBefore));
  EXPECT_FALSE(kept.find(question(1, "gzip"), kBefore));
  kept.keep(question(1), kAfter, answer("six"));
  EXPECT_EQ(kept.find(question(1), kAfter)->body.view(), "six");
  EXPECT_FALSE(kept.find(question(1), kBefore)) << "one for each question";
}

TEST(KeptAnswers, TheLeastRecentlyUsedGoesFirst) {
  KeptAnswers kept(10);
  kept.keep(question(1), kBefore, answer("11111"));
  kept.keep(question(2), kBefore, answer("22222"));
  EXPECT_TRUE(kept.find(question(1), kBefore));
  kept.keep(question(3), kBefore, answer("3"));
  EXPECT_TRUE(kept.find(question(1), kBefore));
  EXPECT_FALSE(kept.find(question(2), kBefore));
  EXPECT_TRUE(kept.find(question(3), kBefore));
}

TEST(KeptAnswers, OneThatIsTooLargeTakesNoOthersPlace) {
  KeptAnswers kept(10);
  kept.keep(question(1), kBefore, answer("1234567890"));
  kept.keep(question(2), kBefore, answer("12345678901"));
  EXPECT_TRUE(kept.find(question(1), kBefore));
  EXPECT_FALSE(kept.find(question(2), kBefore));
}

}  // namespace
}  // namespace clew::api
