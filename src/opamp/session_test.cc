#include "opamp/session.h"

#include <gtest/gtest.h>

namespace clew::opamp {
namespace {

using namespace std::chrono_literals;

class OpampSession : public ::testing::Test {
 protected:
  /// The report that is due, read.
  std::optional<AgentReport> next() {
    auto message = session_.next(health_, now_);
    if (!message) return std::nullopt;
    auto report = read_report(*message);
    EXPECT_TRUE(report) << report.error().message;
    return *report;
  }
  Result<void> answer(ServerAnswer given = {}) {
    given.uid = uid_;
    return session_.answered(write(given), now_);
  }
  void report_all() {
    ASSERT_TRUE(next());
    ASSERT_TRUE(answer());
  }

  InstanceUid uid_ = new_instance_uid(1);
  ComponentHealth health_{.healthy = true, .status = "fine"};
  Session session_{{.uid = uid_,
                    .description = {.identifying = {{"service.name", "clew.agent"}}},
                    .polling_interval = 30s}};
  Session::Time now_{1h};
};

TEST_F(OpampSession, TellsAllAtFirstAndThenThatItIsThere) {
  auto first = next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->uid, uid_);
  EXPECT_EQ(first->sequence, 0u);
  EXPECT_EQ(first->description->find("service.name"), "clew.agent");
  EXPECT_EQ(first->health, health_);
  EXPECT_NE(first->capabilities & kReportsHealth, 0u);
  EXPECT_FALSE(next());  // no two at once
  ASSERT_TRUE(answer());
  now_ += 29s;
  EXPECT_FALSE(next());
  now_ += 1s;
  auto second = next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->sequence, 1u);
  EXPECT_FALSE(second->description);
  EXPECT_FALSE(second->health);
}

TEST_F(OpampSession, TellsAtOnceWhatPeopleShouldKnow) {
  report_all();
  now_ += 5s;
  health_.status = "queue 3 % full";
  EXPECT_FALSE(next());
  health_.parts = {{"exporters", {.parts = {{"otlp", {.healthy = true}}}}}};
  auto changed = next();
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->health, health_);
  ASSERT_TRUE(answer());
  now_ += 1s;
  health_.parts[0].second.parts[0].second = {.last_error = "away"};
  EXPECT_FALSE(next()) << "a second is too soon";
  now_ += 1s;
  EXPECT_TRUE(next());
}

TEST_F(OpampSession, TellsAllAgainWhenAsked) {
  report_all();
  now_ += 30s;
  ASSERT_TRUE(next());
  ASSERT_TRUE(answer({.report_full_state = true}));
  auto all = next();
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->description && all->health);
}

TEST_F(OpampSession, TakesTheUidItIsGiven) {
  ASSERT_TRUE(next());
  InstanceUid given = new_instance_uid(2);
  ASSERT_TRUE(answer({.new_uid = given}));
  auto report = next();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->uid, given);
}

TEST_F(OpampSession, WaitsLongerAfterEachFailureAndThenTellsAll) {
  report_all();
  now_ += 30s;
  ASSERT_TRUE(next());
  auto failed = session_.answered(fail(Code::kUnavailable, "connection refused"), now_);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "connection refused");
  for (auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    now_ += wait - 1ms;
    EXPECT_FALSE(next()) << wait.count();
    now_ += 1ms;
    auto report = next();
    ASSERT_TRUE(report) << wait.count();
    EXPECT_TRUE(report->description && report->health);
    EXPECT_FALSE(session_.answered(fail(Code::kUnavailable, "connection refused"), now_));
  }
}

TEST_F(OpampSession, WaitsAsLongAsItIsTold) {
  ASSERT_TRUE(next());
  auto refused = answer(
      {.refused = ServerAnswer::Refused{
           .type = ServerAnswer::Refusal::kUnavailable, .message = "full", .retry_after = 60s}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "full");
  now_ += 59s;
  EXPECT_FALSE(next());
  now_ += 1s;
  EXPECT_TRUE(next());
}

TEST_F(OpampSession, AnswersThatAreNoneAreErrors) {
  ASSERT_TRUE(next());
  EXPECT_EQ(session_.answered("\x0a\xff", now_).error().code, Code::kMalformed);
  now_ += 30s;
  ASSERT_TRUE(next());
  EXPECT_EQ(session_.answered(write(ServerAnswer{.uid = new_instance_uid(9)}), now_).error().code,
            Code::kRejected);
}

TEST_F(OpampSession, SaysGoodbye) {
  report_all();
  auto goodbye = read_report(session_.goodbye());
  ASSERT_TRUE(goodbye);
  EXPECT_TRUE(goodbye->disconnects);
  EXPECT_EQ(goodbye->sequence, 1u);
}

}  // namespace
}  // namespace clew::opamp
