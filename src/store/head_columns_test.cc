#include "store/head_columns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "store/testing.h"

namespace clew::store {
namespace {

bool is_literal(uint32_t cell) {
  return (cell & kLiteral) != 0;
}

TEST(HeadColumn, ValuesThatRepeatStayInTheDictionary) {
  WordArena arena;
  HeadColumn column({.key = "route"});
  // Grows slowly to thousands of values, each used often.
  for (int i = 0; i < 200'000; ++i) {
    std::string value = fmt::format("/route/{}", i % 7 == 0 ? i / 100 : i % 50);
    uint32_t cell = column.cell_of(value, arena);
    ASSERT_FALSE(is_literal(cell)) << i;
    ASSERT_EQ(column.values()[cell], value);
  }
  EXPECT_GT(column.values().size(), 1024u);
  HeadColumn small({.key = "method"});
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(small.cell_of(fmt::format("{}", i % 9), arena), i % 9);
  EXPECT_FALSE(small.has_literals());
  EXPECT_FALSE(small.is_rare(0));
}

TEST(HeadColumn, StopsAddingValuesThatDoNotRepeat) {
  WordArena arena;
  HeadColumn column({.key = "id"});
  for (int i = 0; i < 20'000; ++i) {
    std::string value = fmt::format("{:032}", i);
    uint32_t cell = column.cell_of(value, arena);
    ASSERT_EQ(is_literal(cell) ? arena.bytes(cell & ~kLiteral) : column.values()[cell], value);
  }
  EXPECT_EQ(column.values().size(), 1024u);
  EXPECT_TRUE(column.has_literals());
  EXPECT_TRUE(column.is_rare(0));
  // What is in the dictionary had better been a literal, and is one from now on.
  EXPECT_TRUE(is_literal(column.cell_of(fmt::format("{:032}", 0), arena)));
}

TEST(HeadColumn, ALiteralThatCameMomentsAgoIsShared) {
  WordArena arena;
  HeadColumn column({.kind = ColumnKind::kEvents, .type = CellType::kRaw});
  uint32_t first = column.cell_of("event", arena);
  ASSERT_TRUE(is_literal(first));
  EXPECT_EQ(column.cell_of("event", arena), first);
  EXPECT_NE(column.cell_of("other", arena), first);
  EXPECT_EQ(column.cell_of("event", arena), first);
}

TEST(HeadColumn, ALargeValueIsALiteralAtOnce) {
  WordArena arena;
  HeadColumn column({.key = "sql"});
  EXPECT_FALSE(is_literal(column.cell_of(std::string(4096, 'x'), arena)));
  EXPECT_TRUE(is_literal(column.cell_of(std::string(4097, 'x'), arena)));
}

SpanCell text_cell(std::string_view key) {
  return {ColumnKind::kAttribute, CellType::kText, key, "v", 0};
}

TEST(ShapeTrie, EqualSequencesAreOneShape) {
  ShapeTrie trie;
  auto shape = [&](std::initializer_list<const char*> keys) {
    trie.begin();
    for (const char* key : keys) EXPECT_NE(trie.next(text_cell(key)), kNoCell);
    return trie.end();
  };
  uint32_t empty = shape({}), ab = shape({"a", "b"}), ba = shape({"b", "a"});
  EXPECT_EQ(shape({"a", "b"}), ab);
  EXPECT_EQ(shape({}), empty);
  EXPECT_NE(ab, ba);
  EXPECT_EQ(trie.columns().size(), 2u);
  EXPECT_EQ(trie.shapes()[ab], (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(trie.shapes()[ba], (std::vector<uint32_t>{1, 0}));
}

TEST(ShapeTrie, ARepeatedKeyHasAColumnForEachTime) {
  ShapeTrie trie;
  trie.begin();
  uint32_t first = trie.next(text_cell("a")), second = trie.next(text_cell("a"));
  EXPECT_NE(first, second);
  EXPECT_EQ(trie.column(first).key().nth, 0);
  EXPECT_EQ(trie.column(second).key().nth, 1);
  SpanCell number = text_cell("a");
  number.type = CellType::kInt;
  uint32_t other = trie.next(number);
  EXPECT_EQ(trie.column(other).key().nth, 0);
  trie.end();
  trie.begin();
  EXPECT_EQ(trie.next(text_cell("a")), first);
}

TEST(ShapeTrie, PastTheLimitKeysShareAColumn) {
  ShapeTrie trie;
  double before = testing::limit_hits("columns");
  for (size_t i = 0; i < limits::kColumns; ++i) {
    trie.begin();
    ASSERT_NE(trie.next(text_cell(fmt::format("k{}", i))), kNoCell) << i;
    trie.end();
  }
  EXPECT_EQ(testing::limit_hits("columns"), before);
  trie.begin();
  EXPECT_EQ(trie.next(text_cell("one more")), kNoCell);
  EXPECT_EQ(testing::limit_hits("columns"), before + 1);
  uint32_t shared = trie.next_shared(), again = trie.next_shared();
  EXPECT_NE(shared, again);
  EXPECT_EQ(trie.column(shared).key().key, "");
  EXPECT_EQ(trie.next(text_cell("k7")), 7u);
}

}  // namespace
}  // namespace clew::store
