#include "store/retention.h"

#include <gtest/gtest.h>

namespace clew::store {
namespace {

using std::chrono::nanoseconds;

std::vector<std::string> expired(const std::vector<BlockAge>& blocks, uint64_t other,
                                 RetentionLimits limits, UnixNanos now) {
  std::vector<std::string> ids;
  for (const BlockKey& key : expired_blocks(blocks, other, limits, now)) ids.push_back(key.id);
  return ids;
}

std::vector<BlockAge> three() {
  return {{{Tenant(), "new"}, 300, 10}, {{Tenant(), "old"}, 100, 10}, {{Tenant(), "mid"}, 200, 10}};
}

using Ids = std::vector<std::string>;

TEST(Retention, ByAge) {
  EXPECT_EQ(expired(three(), 0, {nanoseconds(100), 1000}, 200), Ids{});
  EXPECT_EQ(expired(three(), 0, {nanoseconds(100), 1000}, 201), Ids{"old"});
  EXPECT_EQ(expired(three(), 0, {nanoseconds(100), 1000}, 301), (Ids{"old", "mid"}));
  EXPECT_EQ(expired(three(), 0, {nanoseconds(1000), 1000}, 500), Ids{});
}

TEST(Retention, ByBytesTheOldestFirst) {
  EXPECT_EQ(expired(three(), 0, {nanoseconds(1000), 30}, 300), Ids{});
  EXPECT_EQ(expired(three(), 0, {nanoseconds(1000), 29}, 300), Ids{"old"});
  EXPECT_EQ(expired(three(), 1, {nanoseconds(1000), 30}, 300), Ids{"old"});
  EXPECT_EQ(expired(three(), 0, {nanoseconds(1000), 0}, 300), (Ids{"old", "mid", "new"}));
}

Tenant tenant(std::string_view name) {
  return Tenant::parse(name).value();
}

/// Two tenants' blocks of 10 bytes, taking turns: a1 b2 a3 b4 a5 b6, by age.
std::vector<BlockAge> two_tenants() {
  std::vector<BlockAge> blocks;
  for (uint64_t i = 1; i <= 6; ++i) {
    std::string name = i % 2 == 1 ? "a" : "b";
    blocks.push_back({{tenant(name), name + std::to_string(i)}, i * 100, 10});
  }
  return blocks;
}

TEST(Retention, ATenantsAgeIsItsOwn) {
  RetentionLimits limits{nanoseconds(450'000'000'000), 1000};
  UnixNanos now = 450'000'000'000 + 301;  // by the age for all a1, b2 and a3 are too old
  EXPECT_EQ(expired(two_tenants(), 0, limits, now), (Ids{"a1", "b2", "a3"}));
  limits.tenants[tenant("a")].max_age = std::chrono::hours(1);
  EXPECT_EQ(expired(two_tenants(), 0, limits, now), Ids{"b2"});
  limits.tenants[tenant("a")].max_age = std::chrono::milliseconds(1);
  EXPECT_EQ(expired(two_tenants(), 0, limits, now), (Ids{"a1", "b2", "a3", "a5"}));
}

TEST(Retention, ATenantsBytesCostNobodyElseABlock) {
  RetentionLimits limits{nanoseconds(100'000), 1000};
  limits.tenants[tenant("b")].max_bytes = 20;
  EXPECT_EQ(expired(two_tenants(), 0, limits, 700), Ids{"b2"});
  limits.tenants[tenant("b")].max_bytes = 19;
  EXPECT_EQ(expired(two_tenants(), 0, limits, 700), (Ids{"b2", "b4"}));
  // The log is everybody's: it counts for the bytes for all, not for a tenant's.
  EXPECT_EQ(expired(two_tenants(), 500, limits, 700), (Ids{"b2", "b4"}));
}

TEST(Retention, TheBytesForAllTakeTheOldestOfAllThatIsStillThere) {
  RetentionLimits limits{nanoseconds(100'000), 40};
  EXPECT_EQ(expired(two_tenants(), 0, limits, 700), (Ids{"a1", "b2"}));
  // What a tenant's own limit frees need not be taken from the others.
  limits.tenants[tenant("b")].max_bytes = 10;
  EXPECT_EQ(expired(two_tenants(), 0, limits, 700), (Ids{"b2", "b4"}));
  // A tenant's limit gives it no right to space.
  limits.tenants[tenant("b")].max_bytes = 1000;
  EXPECT_EQ(expired(two_tenants(), 0, limits, 700), (Ids{"a1", "b2"}));
}

TEST(Retention, PinnedBlocksStayButCount) {
  auto blocks = three();
  blocks[1].pinned = true;  // "old"
  EXPECT_EQ(expired(blocks, 0, {nanoseconds(100), 1000}, 500), (Ids{"mid", "new"}));
  EXPECT_EQ(expired(blocks, 0, {nanoseconds(1000), 29}, 300), Ids{"mid"});
  EXPECT_EQ(expired(blocks, 0, {nanoseconds(1000), 0}, 300), (Ids{"mid", "new"}));
  RetentionLimits limits{nanoseconds(1000), 1000};
  limits.tenants[Tenant()].max_bytes = 15;
  EXPECT_EQ(expired(blocks, 0, limits, 300), (Ids{"mid", "new"}));
}

TEST(Retention, BySpansTheOldestFirst) {
  auto blocks = three();
  for (BlockAge& block : blocks) block.spans = 5;
  RetentionLimits limits{nanoseconds(1000), 1000, {}, 15};
  EXPECT_EQ(expired(blocks, 0, limits, 300), Ids{});
  limits.max_spans = 14;
  EXPECT_EQ(expired(blocks, 0, limits, 300), Ids{"old"});
  limits.max_spans = 9;
  EXPECT_EQ(expired(blocks, 0, limits, 300), (Ids{"old", "mid"}));
}

TEST(Retention, RefusesOverridesThatWouldKeepNothing) {
  EXPECT_TRUE(check_override({}));
  EXPECT_TRUE(check_override({.max_age = kLeastRetention, .max_bytes = 1}));
  auto age = check_override({.max_age = std::chrono::minutes(59)});
  ASSERT_FALSE(age);
  EXPECT_EQ(age.error().message, "max_age must be at least 1h, not 59m");
  auto bytes = check_override({.max_bytes = 0});
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace clew::store
