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

}  // namespace
}  // namespace clew::store
