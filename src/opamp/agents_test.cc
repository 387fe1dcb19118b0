#include "opamp/agents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace clew::opamp {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

InstanceUid uid_of(uint32_t number) {
  InstanceUid uid;
  for (int i = 0; i < 4; ++i) uid.bytes[12 + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  uid.bytes[0] = 1;
  return uid;
}

class OpampAgents : public ::testing::Test {
 protected:
  static AgentReport report(uint32_t number, uint64_t sequence) {
    return {.uid = uid_of(number),
            .sequence = sequence,
            .capabilities = kReportsStatus | kReportsHealth};
  }
  static AgentReport full(uint32_t number, uint64_t sequence, bool healthy = true,
                          std::string host = "") {
    AgentReport made = report(number, sequence);
    if (host.empty()) host = fmt::format("host-{}", number);
    made.description = AgentDescription{.identifying = {{"service.name", "clew.agent"}},
                                        .others = {{"host.name", host}}};
    made.health =
        ComponentHealth{.healthy = healthy, .last_error = healthy ? "" : "the peer is away"};
    return made;
  }
  ServerAnswer take(AgentReport made) { return agents_.take(std::move(made), "10.0.0.1"); }

  std::vector<std::string> hosts_and_states() {
    std::vector<std::string> found;
    for (const KnownAgent& agent : agents_.list(100).agents)
      found.push_back(
          fmt::format("{} {}", agent.description.find("host.name"), name_of(agent.state)));
    return found;
  }
  /// Lets time pass with a report of agent `number` every `gap`.
  void report_for(std::chrono::seconds time, std::chrono::seconds gap, uint32_t number,
                  uint64_t& sequence) {
    for (auto passed = 0s; passed < time; passed += gap) {
      clock_.advance(gap);
      EXPECT_FALSE(take(report(number, ++sequence)).report_full_state);
    }
  }

  ManualClock clock_{1'700'000'000'000'000'000};
  Agents agents_{clock_};
};

TEST_F(OpampAgents, KeepsWhatALaterReportLeavesOut) {
  EXPECT_FALSE(take(full(1, 0, /*healthy=*/false)).report_full_state);
  clock_.advance(30s);
  ServerAnswer answer = take(report(1, 1));
  EXPECT_EQ(answer.uid, uid_of(1));
  EXPECT_EQ(answer.capabilities, kAcceptsStatus);
  EXPECT_FALSE(answer.report_full_state);
  KnownAgent agent = agents_.list(10).agents.at(0);
  EXPECT_EQ(agent.state, AgentState::kUnhealthy);
  EXPECT_EQ(agent.health->last_error, "the peer is away");
  EXPECT_EQ(agent.from, "10.0.0.1");
  EXPECT_EQ(agent.last_seen - agent.first_seen, 30'000'000'000u);
}

TEST_F(OpampAgents, AsksForAllAgainWhenItMissedSomething) {
  EXPECT_TRUE(take(report(1, 5)).report_full_state);  // as after the server's restart
  EXPECT_FALSE(take(full(1, 6)).report_full_state);
  EXPECT_FALSE(take(report(1, 7)).report_full_state);
  EXPECT_TRUE(take(report(1, 9)).report_full_state);
  EXPECT_FALSE(take(full(1, 0)).report_full_state);  // it began anew and tells all
  AgentReport no_health = report(2, 0);
  no_health.capabilities = kReportsStatus;
  no_health.description.emplace();
  EXPECT_FALSE(take(no_health).report_full_state);
}

TEST_F(OpampAgents, TheWorstComeFirst) {
  take(full(1, 0));
  clock_.advance(100s);
  take(full(2, 0));
  take(full(3, 0, /*healthy=*/false));
  AgentReport goodbye = full(4, 0);
  goodbye.disconnects = true;
  take(goodbye);
  AgentReport unknown = full(5, 0);
  unknown.health.reset();
  take(unknown);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-3 unhealthy", "host-1 silent", "host-5 unknown",
                                              "host-2 healthy", "host-4 stopped"));
  auto list = agents_.list(2);
  EXPECT_EQ(list.agents.size(), 2u);
  EXPECT_THAT(list.counts, ElementsAre(1, 1, 1, 1, 1));
}

TEST_F(OpampAgents, IsSilentAfterThreeReportsThatDidNotCome) {
  take(full(1, 0));
  clock_.advance(90s);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 healthy"));
  clock_.advance(1s);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 silent"));
  take(report(1, 1));
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 healthy"));
}

TEST_F(OpampAgents, LearnsHowOftenAnAgentReports) {
  uint64_t sequence = 0;
  take(full(1, sequence));
  report_for(900s, 300s, 1, sequence);
  report_for(4s, 2s, 1, sequence);  // something changed, twice
  clock_.advance(900s);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 healthy"));
  clock_.advance(1s);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 silent"));
}

TEST_F(OpampAgents, OneOutageDoesNotMakeItPatient) {
  uint64_t sequence = 0;
  take(full(1, sequence));
  report_for(60s, 30s, 1, sequence);
  report_for(7200s, 7200s, 1, sequence);
  report_for(60s, 30s, 1, sequence);
  clock_.advance(91s);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 silent"));
}

TEST_F(OpampAgents, ForgetsWhoIsGoneForLong) {
  take(full(1, 0));
  AgentReport goodbye = full(2, 0);
  goodbye.disconnects = true;
  take(goodbye);
  clock_.advance(16min);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 silent"));
  clock_.advance(24h);
  EXPECT_THAT(hosts_and_states(), ElementsAre());
}

TEST_F(OpampAgents, ASuccessorTakesThePlaceOfOneThatIsGone) {
  // Two agents on one host. Both end without a goodbye, one comes back under another uid.
  take(full(1, 0, true, "web-3"));
  take(full(2, 0, true, "web-3"));
  take(full(3, 0, true, "web-4"));
  clock_.advance(1s);
  take(full(4, 0, false, "web-3"));
  clock_.advance(80s);
  take(report(4, 1));
  clock_.advance(80s);
  take(report(4, 2));
  EXPECT_THAT(hosts_and_states(), ElementsAre("web-3 unhealthy", "web-3 silent", "web-4 silent"));
}

TEST_F(OpampAgents, GivesAUidToWhoAsksForOne) {
  AgentReport asking = full(1, 0);
  asking.wants_uid = true;
  ServerAnswer answer = take(asking);
  ASSERT_TRUE(answer.new_uid);
  EXPECT_NE(*answer.new_uid, uid_of(1));
  EXPECT_EQ(answer.uid, uid_of(1));
  AgentReport next = report(1, 1);
  next.uid = *answer.new_uid;
  EXPECT_FALSE(take(next).report_full_state);
  EXPECT_THAT(hosts_and_states(), ElementsAre("host-1 healthy"));
}

TEST_F(OpampAgents, KeepsAsManyAsItMay) {
  for (uint32_t i = 0; i < limits::kOpampAgents; ++i) EXPECT_FALSE(take(report(i, 0)).refused) << i;
  auto refused = take(full(limits::kOpampAgents, 0)).refused;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->type, ServerAnswer::Refusal::kUnavailable);
  EXPECT_GT(refused->retry_after, 0s);
  EXPECT_FALSE(take(report(7, 1)).refused);  // who is known stays
  clock_.advance(60s);
  for (uint32_t i = 1; i < limits::kOpampAgents; ++i) take(report(i, 1));
  clock_.advance(60s);
  EXPECT_FALSE(take(full(limits::kOpampAgents, 0)).refused);  // number 0 was silent
  EXPECT_TRUE(take(report(0, 1)).refused);
}

}  // namespace
}  // namespace clew::opamp
