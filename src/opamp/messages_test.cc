#include "opamp/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "base/limits.h"

namespace clew::opamp {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const InstanceUid kUid = *InstanceUid::from_raw("0123456789abcdef");

AgentReport report_of(std::optional<ComponentHealth> health) {
  return {.uid = kUid, .health = std::move(health)};
}

TEST(OpampMessages, AReportIsReadAsItWasWritten) {
  AgentReport report{
      .uid = kUid,
      .sequence = 7,
      .capabilities = kReportsStatus | kReportsHealth,
      .description = AgentDescription{.identifying = {{"service.name", "clew.agent"}},
                                      .others = {{"host.name", "web-3"}, {"empty", ""}}},
      .health = ComponentHealth{
          .started = 5,
          .last_error = "exporters: otlp: away",
          .status = "failing",
          .status_time = 9,
          .parts = {{"exporters",
                     {.parts = {{"otlp", {.healthy = true, .status = "queue 3 % full"}}}}}}}};
  auto read = read_report(write(report));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, report);
  EXPECT_EQ(read->description->find("host.name"), "web-3");
  EXPECT_EQ(read->description->find("nothing"), "");
}

TEST(OpampMessages, WhatIsUnsetStaysUnset) {
  AgentReport report{.uid = kUid, .sequence = 3, .disconnects = true, .wants_uid = true};
  EXPECT_EQ(read_report(write(report)), report);
}

TEST(OpampMessages, WhatIsEmptyIsThere) {
  AgentReport report{.uid = kUid,
                     .description = AgentDescription(),
                     .health = ComponentHealth{.parts = {{"", {}}}}};
  EXPECT_EQ(read_report(write(report)), report);
  report.health = ComponentHealth();
  EXPECT_EQ(read_report(write(report)), report);
}

TEST(OpampMessages, AnAnswerIsReadAsItWasWritten) {
  ServerAnswer taken{.uid = kUid,
                     .report_full_state = true,
                     .capabilities = kAcceptsStatus,
                     .new_uid = new_instance_uid(1)};
  EXPECT_EQ(read_answer(write(taken)), taken);
  ServerAnswer refused{.uid = kUid,
                       .refused = ServerAnswer::Refused{.type = ServerAnswer::Refusal::kUnavailable,
                                                        .message = "full",
                                                        .retry_after = std::chrono::seconds(60)}};
  EXPECT_EQ(read_answer(write(refused)), refused);
}

TEST(OpampMessages, AnInstanceUidIsAUuid) {
  for (std::string_view uid : {"", "0123456789abcde", "01JDQ4Z9GM0000000000000000"}) {
    std::string message;
    protozero::pbf_writer(message).add_bytes(1, uid.data(), uid.size());
    auto read = read_report(message);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::kInvalid);
    EXPECT_THAT(read.error().message, HasSubstr("instance_uid"));
  }
  EXPECT_EQ(uuid_text(kUid), "30313233-3435-3637-3839-616263646566");
  InstanceUid first = new_instance_uid(1'700'000'000'000'000'000);
  InstanceUid later = new_instance_uid(1'700'000'000'001'000'000);
  EXPECT_LT(first, later);
  EXPECT_EQ(uuid_text(first)[14], '7');
}

TEST(OpampMessages, DamageIsAnError) {
  std::string whole = write(report_of(ComponentHealth{.status = "some status"}));
  for (size_t size : {whole.size() - 1, whole.size() - 8}) {
    auto read = read_report(whole.substr(0, size));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::kMalformed);
  }
  EXPECT_EQ(read_answer("\x0a\xff").error().code, Code::kMalformed);
}

TEST(OpampMessages, ValuesAreWordedAndThoseThatAreListsLeftOut) {
  std::string message;
  protozero::pbf_writer report(message);
  report.add_bytes(1, kUid.raw().data(), kUid.raw().size());
  {
    protozero::pbf_writer description(report, 3);
    auto add = [&](const char* key, auto&& value) {
      protozero::pbf_writer attribute(description, 2);
      attribute.add_string(1, key);
      protozero::pbf_writer any(attribute, 2);
      value(any);
    };
    add("number", [](auto& any) { any.add_int64(3, -5); });
    add("truth", [](auto& any) { any.add_bool(2, true); });
    add("real", [](auto& any) { any.add_double(4, 0.5); });
    add("list", [](auto& any) { any.add_message(5, std::string()); });
  }
  auto read = read_report(message);
  ASSERT_TRUE(read);
  AgentDescription::Attributes wanted{{"number", "-5"}, {"truth", "true"}, {"real", "0.5"}};
  EXPECT_EQ(read->description->others, wanted);
}

TEST(OpampMessages, OfAPartThatStandsThereTwiceTheLastCounts) {
  auto read = read_report(write(report_of(
      ComponentHealth{.parts = {{"a", {.healthy = true}}, {"b", {}}, {"a", {.status = "x"}}}})));
  ASSERT_TRUE(read);
  ASSERT_THAT(read->health->parts, SizeIs(2));
  EXPECT_EQ(read->health->parts[0].second, ComponentHealth{.status = "x"});
}

TEST(OpampMessages, TextsAreCutAtTheirLimitAndNotWithinACharacter) {
  std::string longest(limits::kOpampTextBytes, 'x');
  auto read = read_report(write(report_of(ComponentHealth{.last_error = longest})));
  EXPECT_EQ(read->health->last_error, longest);
  EXPECT_FALSE(read->cut);
  read = read_report(write(report_of(ComponentHealth{.last_error = longest + "x"})));
  EXPECT_EQ(read->health->last_error, longest);
  EXPECT_TRUE(read->cut);
  std::string umlaut = longest.substr(1) + "ä";
  read = read_report(write(report_of(ComponentHealth{.last_error = umlaut})));
  EXPECT_EQ(read->health->last_error, longest.substr(1));
}

TEST(OpampMessages, PartsNestUpToTheirLimit) {
  auto nested = [](int depth) {
    ComponentHealth health{.healthy = true};
    for (int i = 1; i < depth; ++i) health = {.parts = {{"part", std::move(health)}}};
    return health;
  };
  auto read = read_report(write(report_of(nested(limits::kOpampDepth))));
  EXPECT_EQ(*read->health, nested(limits::kOpampDepth));
  EXPECT_FALSE(read->cut);
  read = read_report(write(report_of(nested(limits::kOpampDepth + 1))));
  EXPECT_TRUE(read->cut);
  // However deep: 100,000 would end the stack.
  EXPECT_TRUE(read_report(write(report_of(nested(1000)))));
}

TEST(OpampMessages, AnAgentIsKeptUpToItsBytes) {
  ComponentHealth health;
  for (int i = 0; i < 100'000; ++i)
    health.parts.emplace_back("part" + std::to_string(i), ComponentHealth());
  auto read = read_report(write(report_of(std::move(health))));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->cut);
  EXPECT_LT(read->health->parts.size(), limits::kOpampAgentBytes / 64);
  EXPECT_EQ(read->health->parts[9].first, "part9");
}

}  // namespace
}  // namespace clew::opamp
