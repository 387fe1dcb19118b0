#include "store/codec/ranks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace clew::store::codec {
namespace {

RankTable coded(const RankTable& table, size_t contexts, size_t values) {
  std::string bytes;
  table.encode(bytes);
  auto decoded = RankTable::decode(bytes, contexts, values);
  EXPECT_TRUE(decoded.has_value());
  return decoded ? *std::move(decoded) : RankTable();
}

TEST(RankTable, GivesRanksInTheOrderValuesAreSeen) {
  RankTable table;
  EXPECT_EQ(table.rank_of(5, 70), 0);
  EXPECT_EQ(table.rank_of(5, 80), 1);
  EXPECT_EQ(table.rank_of(5, 70), 0);
  EXPECT_EQ(table.rank_of(5, 80), 1);
  EXPECT_EQ(table.rank_of(0, 80), 0);
  EXPECT_EQ(table.contexts(), 6u);
  EXPECT_EQ(table.value_of(5, 1), 80u);
  EXPECT_EQ(table.value_of(0, 0), 80u);
}

TEST(RankTable, EscapesWhatHasNoRoomAndForgetsNothing) {
  RankTable table;
  for (uint32_t value = 0; value < RankTable::kRanks; ++value)
    EXPECT_EQ(table.rank_of(0, value), value);
  EXPECT_EQ(table.rank_of(0, 1000), RankTable::kEscape);
  EXPECT_EQ(table.rank_of(0, 15), 15);
  EXPECT_EQ(table.value_of(0, 15), 15u);
  EXPECT_EQ(table.value_of(0, RankTable::kEscape), RankTable::kNoValue);
}

TEST(RankTable, HasNoValueForRanksNobodyGave) {
  RankTable table;
  EXPECT_EQ(table.value_of(0, 0), RankTable::kNoValue);
  table.rank_of(3, 1);
  for (uint8_t rank : {0, 1, 200}) EXPECT_EQ(table.value_of(2, rank), RankTable::kNoValue);
  EXPECT_EQ(table.value_of(3, 1), RankTable::kNoValue);
  EXPECT_EQ(table.value_of(4, 0), RankTable::kNoValue);
}

TEST(RankTable, OfAnySizeComesBackAndCanGrow) {
  std::mt19937 random(1);
  for (uint32_t contexts : {0, 1, 2, 100, 5000}) {
    RankTable table;
    for (uint32_t i = 0; i < 3 * contexts; ++i)
      table.rank_of(random() % contexts, random() % 3 == 0 ? random() % 500 : 7);
    for (uint32_t i = 0; contexts != 0 && i < 40; ++i) table.rank_of(contexts - 1, i);
    RankTable decoded = coded(table, contexts, 500);
    ASSERT_EQ(decoded.contexts(), table.contexts());
    for (uint32_t context = 0; context < contexts; ++context)
      for (uint8_t rank = 0; rank <= RankTable::kRanks; ++rank)
        ASSERT_EQ(decoded.value_of(context, rank), table.value_of(context, rank));
    for (uint32_t i = 0; contexts != 0 && i < 40; ++i)
      ASSERT_EQ(decoded.known_rank_of(contexts - 1, i), table.rank_of(contexts - 1, i));
    EXPECT_EQ(decoded.rank_of(contexts, 3), 0);
  }
}

TEST(CountRanks, CountsThatOneOnly) {
  std::mt19937 random(1);
  for (size_t size = 0; size < 100; ++size) {
    std::vector<uint8_t> ranks(size);
    for (uint8_t& rank : ranks)
      rank = random() % 3 == 0 ? RankTable::kEscape : static_cast<uint8_t>(random() % 4 * 85);
    for (uint8_t rank : {uint8_t{0}, uint8_t{1}, RankTable::kEscape})
      ASSERT_EQ(count_ranks(ranks, rank), std::ranges::count(ranks, rank)) << size;
  }
}

TEST(RankTable, PastItsLimitsOrCutShortIsMalformed) {
  RankTable table;
  for (uint32_t i = 0; i < 10; ++i) table.rank_of(9, i);
  std::string bytes;
  table.encode(bytes);
  EXPECT_TRUE(RankTable::decode(bytes, 10, 10).has_value());
  EXPECT_EQ(RankTable::decode(bytes, 9, 10).error().code, Code::kMalformed);
  EXPECT_EQ(RankTable::decode(bytes, 10, 9).error().code, Code::kMalformed);
  EXPECT_FALSE(RankTable::decode(bytes + "x", 10, 10).has_value());
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(RankTable::decode(bytes.substr(0, cut), 10, 10).has_value()) << cut;
}

}  // namespace
}  // namespace clew::store::codec
