#include "store/row_group.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "store/bloom.h"
#include "store/testing.h"

namespace clew::store {
namespace {

TEST(HashSet, HoldsWhatASetHolds) {
  std::mt19937_64 random(1);
  HashSet set;
  for (int round = 0; round < 3; ++round) {
    std::set<uint64_t> expected;
    for (int i = 0; i < 5000; ++i) {
      uint64_t hash = random() % 4000 + 1;
      ASSERT_EQ(set.insert(hash), expected.insert(hash).second);
    }
    auto values = set.values();
    ASSERT_EQ(std::set(values.begin(), values.end()), expected);
    ASSERT_EQ(set.size(), expected.size());
    set.clear();
    ASSERT_TRUE(set.values().empty());
  }
}

TEST(RowGroupBuilder, ItsIndexSpeaksForEverySpan) {
  testing::RichSpec a{.span = {.span = 1, .start = 100, .duration = 5}, .event = {{"e", "1"}}};
  testing::RichSpec b{.span = {.span = 2, .start = 50, .duration = 9},
                      .resource = {{"r", "2"}},
                      .scope = {{"s", "3"}}};
  otlp::Batch batch = testing::rich_batch({a, b});
  RowGroupBuilder builder;
  EXPECT_TRUE(builder.empty());
  builder.add(batch, batch.spans()[0], batch.decode(batch.spans()[0]), 7);
  builder.add(batch, batch.spans()[1], batch.decode(batch.spans()[1]), 0);
  EXPECT_GE(builder.bytes(), batch.spans()[0].size + batch.spans()[1].size);

  auto finished = builder.finish();
  EXPECT_EQ(finished.index.min_start, 50u);
  EXPECT_EQ(finished.index.max_start, 100u);
  EXPECT_EQ(finished.index.min_duration, 5u);
  EXPECT_EQ(finished.index.max_duration, 9u);
  EXPECT_EQ(finished.index.operations, (std::vector<uint32_t>{0, 7}));
  for (auto [key, value] : {std::pair("e", "1"), {"r", "2"}, {"s", "3"}, {"service.name", "shop"}})
    EXPECT_TRUE(may_contain(finished.tag_filter, tag_hash(key, value))) << key;
  EXPECT_FALSE(may_contain(finished.tag_filter, tag_hash("e", "2")));
  auto read = otlp::Batch::index(SharedBytes::take(finished.request));
  ASSERT_TRUE(read);
  EXPECT_EQ(testing::contents(*read), testing::contents(batch));
  EXPECT_TRUE(builder.empty());
  EXPECT_EQ(builder.bytes(), 0u);
}

}  // namespace
}  // namespace clew::store
