#include "mesh/sync/member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace clew::mesh::sync {
namespace {

using ::testing::HasSubstr;

constexpr UnixNanos kNow = 1'800'000'000'000'000'000;

/// A member without a disk, whose messages wait until they are carried over.
struct Plane {
  Plane(std::string id, Mode mode, std::string zone)
      : clock(kNow),
        member(Party{id, id, mode, std::move(zone)}, clock,
               [this](const std::string&, const Step&) -> Result<void> {
                 ++kept;
                 if (disk_is_full) return fail(Code::kIo, "no space left");
                 return {};
               }) {}

  std::string content(const std::string& scope, const ItemKey& key) const {
    ItemPtr item = member.replica(scope).find(key);
    return item ? item->content : "";
  }

  ManualClock clock;
  bool disk_is_full = false;
  int kept = 0;
  Member member;
  Member::Link link = 0;
  std::deque<std::string> sent;
};

Channel channel_of(Plane& plane, bool caller = true) {
  return {.called_by_us = caller, .send = [&plane](std::string bytes) {
            plane.sent.push_back(std::move(bytes));
            return true;
          }};
}

/// Carries messages until there are none, or one is refused.
Result<void> talk(Plane& one, Plane& other, Millis now = Millis(0)) {
  while (true) {
    one.member.advance(now);
    other.member.advance(now);
    if (one.sent.empty() && other.sent.empty()) return {};
    for (auto [from, to] : {std::pair(&one, &other), std::pair(&other, &one)})
      for (; !from->sent.empty(); from->sent.pop_front())
        if (auto taken = to->member.receive(to->link, from->sent.front(), now); !taken)
          return taken;
  }
}

void connect(Plane& caller, Plane& called) {
  caller.link = caller.member.open(channel_of(caller), Millis(0));
  called.link = called.member.open(channel_of(called, false), Millis(0));
}

const ItemKey kPolicy{"MeshRetry", "default", "all"}, kShop{"Dataplane", "default", "shop"};

TEST(Member, SendsPoliciesDownAndDataplanesUp) {
  Plane global("g", Mode::kGlobal, ""), zone("z", Mode::kZone, "fra");
  ASSERT_TRUE(global.member.write("", {{kPolicy, "p"}}));
  ASSERT_TRUE(global.member.write("was", {{kShop, "another's"}}));
  ASSERT_TRUE(zone.member.write("fra", {{kShop, "s"}}));
  connect(zone, global);
  ASSERT_TRUE(talk(zone, global));
  EXPECT_EQ(zone.content("", kPolicy), "p");
  EXPECT_EQ(global.content("fra", kShop), "s");
  EXPECT_TRUE(zone.member.replica("was").items().empty());
  ASSERT_TRUE(global.member.write("", {{kPolicy, ""}}));
  ASSERT_TRUE(talk(zone, global));
  EXPECT_TRUE(zone.member.replica("").find(kPolicy)->deleted());
  EXPECT_EQ(global.member.parties().front().party.zone, "fra");
  EXPECT_EQ(global.member.parties().front().behind_since, 0u);
}

TEST(Member, SendsNothingThatIsThereAlready) {
  Plane global("g", Mode::kGlobal, ""), zone("z", Mode::kZone, "fra");
  ASSERT_TRUE(zone.member.write("fra", {{kShop, "s"}}));
  connect(zone, global);
  ASSERT_TRUE(talk(zone, global));
  EXPECT_EQ(global.member.parties().front().sent, 0u);
  zone.member.close(zone.link, {});
  global.member.close(global.link, {});
  connect(zone, global);
  ASSERT_TRUE(talk(zone, global));
  EXPECT_EQ(zone.member.parties().front().sent, 1u);
}

TEST(Member, TakesFromAZoneOnlyWhatIsItsOwn) {
  Plane global("g", Mode::kGlobal, ""), zone("z", Mode::kZone, "fra");
  connect(zone, global);
  ASSERT_TRUE(talk(zone, global));
  for (const char* scope : {"", "was"}) {
    Part part{scope, 1, {.items = {}, .seen = {{"z", 1}}}};
    auto taken = global.member.receive(global.link, write_message({.part = part}), Millis(0));
    ASSERT_FALSE(taken.has_value());
    EXPECT_THAT(taken.error().message, HasSubstr("may not write"));
  }
}

TEST(Member, KeepsWhatCameBeforeItSaysSo) {
  Plane global("g", Mode::kGlobal, ""), zone("z", Mode::kZone, "fra");
  ASSERT_TRUE(zone.member.write("fra", {{kShop, "s"}}));
  connect(zone, global);
  global.disk_is_full = true;
  auto talked = talk(zone, global);
  ASSERT_FALSE(talked.has_value());
  EXPECT_EQ(talked.error().message, "no space left");
  EXPECT_TRUE(global.member.replica("fra").items().empty());
  global.disk_is_full = false;
  zone.sent.clear();
  global.sent.clear();
  zone.member.close(zone.link, {});
  global.member.close(global.link, {});
  connect(zone, global);
  ASSERT_TRUE(talk(zone, global));
  EXPECT_EQ(global.content("fra", kShop), "s");
}

TEST(Member, GoesOnWithWritesInTheirOrderWhenItsClockIsSetBack) {
  Plane one("a", Mode::kZone, "fra"), other("b", Mode::kZone, "fra");
  ASSERT_TRUE(one.member.write("fra", {{kShop, "first"}}));
  connect(one, other);
  ASSERT_TRUE(talk(one, other));
  other.clock.advance(-std::chrono::hours(3));
  ASSERT_TRUE(other.member.write("fra", {{kShop, "second"}}));
  ASSERT_TRUE(talk(one, other));
  EXPECT_EQ(one.content("fra", kShop), "second");
}

TEST(Member, DoesNotFollowAClockThatIsDaysAhead) {
  Plane global("g", Mode::kGlobal, ""), zone("z", Mode::kZone, "fra");
  zone.clock.advance(std::chrono::hours(25));
  connect(zone, global);
  auto talked = talk(zone, global);
  ASSERT_FALSE(talked.has_value());
  EXPECT_THAT(talked.error().message, HasSubstr("clock of z"));
}

TEST(Member, SendsLargeRoundsInParts) {
  Plane global("g", Mode::kGlobal, ""), zone("z", Mode::kZone, "fra");
  Contents many;
  for (int i = 0; i < 50; ++i)
    many[{"Dataplane", "default", std::to_string(i)}] = std::string(100'000, 'x');
  ASSERT_TRUE(zone.member.write("fra", many));
  connect(zone, global);
  int before = global.kept;
  ASSERT_TRUE(talk(zone, global));
  EXPECT_EQ(global.member.replica("fra").items().size(), 50u);
  EXPECT_GE(global.kept - before, 4);
  EXPECT_EQ(global.member.parties().front().sent, 0u);  // nothing goes back
  EXPECT_EQ(global.member.replica("fra").seen(), zone.member.replica("fra").seen());
}

TEST(Member, LearnsOfOldDeletionsFromAFullRound) {
  Plane global("g", Mode::kGlobal, ""), zone("z", Mode::kZone, "fra");
  ASSERT_TRUE(global.member.write("", {{kPolicy, "p"}, {{"Mesh", "", "default"}, "m"}}));
  connect(zone, global);
  ASSERT_TRUE(talk(zone, global));
  zone.member.close(zone.link, {});
  global.member.close(global.link, {});
  ASSERT_TRUE(global.member.write("", {{kPolicy, ""}}));
  global.clock.advance(std::chrono::hours(24 * 8));
  zone.clock.advance(std::chrono::hours(24 * 8));
  ASSERT_TRUE(global.member.forget_deleted());
  EXPECT_EQ(global.member.replica("").find(kPolicy), nullptr);
  connect(zone, global);
  ASSERT_TRUE(talk(zone, global));
  EXPECT_EQ(zone.member.replica("").find(kPolicy), nullptr);
  EXPECT_EQ(zone.content("", {"Mesh", "", "default"}), "m");
}

TEST(Member, UsesOneOfTwoStreamsAndLetsSilentOnesGo) {
  Plane one("a", Mode::kZone, "fra"), other("b", Mode::kZone, "fra");
  connect(one, other);
  ASSERT_TRUE(talk(one, other));
  int sent = 0;
  Member::Link second = one.member.open(
      {.called_by_us = false, .send = [&](std::string) { return ++sent > 0; }}, Millis(0));
  Hello hello{Party{"b", "b", Mode::kZone, "fra"}, 0, {}};
  ASSERT_TRUE(one.member.receive(second, write_message({.hello = hello}), Millis(0)));
  ASSERT_TRUE(one.member.write("fra", {{kShop, "s"}}));
  ASSERT_TRUE(talk(one, other));
  EXPECT_EQ(sent, 1);  // its hello
  EXPECT_EQ(other.content("fra", kShop), "s");
  EXPECT_THAT(one.member.advance(Member::kSilence), ::testing::ElementsAre(one.link, second));
}

}  // namespace
}  // namespace clew::mesh::sync
