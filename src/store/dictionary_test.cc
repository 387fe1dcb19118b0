#include "store/dictionary.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "store/word_arena.h"

namespace clew::store {
namespace {

TEST(Dictionary, GivesEveryValueOneCode) {
  Dictionary dictionary;
  std::map<std::string, uint32_t> codes;
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string value = fmt::format("{}", random() % 3000);
    if (random() % 50 == 0) value.append(random() % 100'000, 'x');  // larger than a chunk too
    auto [at, is_new] = codes.try_emplace(value, static_cast<uint32_t>(codes.size()));
    ASSERT_EQ(dictionary.find_or_insert(value), at->second);
  }
  ASSERT_EQ(dictionary.size(), codes.size());
  for (const auto& [value, code] : codes) {
    ASSERT_EQ(dictionary[code], value);
    ASSERT_EQ(dictionary.find(value, hash_of(value)), code);
  }
  EXPECT_EQ(dictionary.find("absent", hash_of("absent")), Dictionary::kNone);
}

TEST(Dictionary, TheEmptyValueIsOneToo) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.find("", hash_of("")), Dictionary::kNone);
  EXPECT_EQ(dictionary.find_or_insert("a"), 0u);
  EXPECT_EQ(dictionary.find_or_insert(""), 1u);
  EXPECT_EQ(dictionary.find_or_insert(""), 1u);
  EXPECT_EQ(dictionary[1], "");
}

TEST(Dictionary, EqualHashesAreNotEqualValues) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.insert("a", 7), 0u);
  EXPECT_EQ(dictionary.insert("b", 7), 1u);
  EXPECT_EQ(dictionary.find("a", 7), 0u);
  EXPECT_EQ(dictionary.find("b", 7), 1u);
  EXPECT_EQ(dictionary.find("c", 7), Dictionary::kNone);
}

TEST(Dictionary, CountsItsMemory) {
  Dictionary dictionary;
  uint64_t before = dictionary.memory_bytes();
  for (int i = 0; i < 1000; ++i) dictionary.find_or_insert(fmt::format("{:0100}", i));
  EXPECT_GE(dictionary.memory_bytes() - before, 100'000u);
  EXPECT_LE(dictionary.memory_bytes() - before, 300'000u);
}

TEST(WordArena, KeepsWhatWasPutIn) {
  WordArena arena;
  std::mt19937_64 random(1);
  std::vector<std::pair<uint32_t, std::string>> kept;
  uint64_t bytes = 0;
  for (int i = 0; i < 3000; ++i) {
    // Around a chunk and larger than one, and nothing at all.
    size_t size = i % 100 == 0 ? WordArena::kChunkWords * 4 - 8 + random() % 16 : random() % 40;
    if (i % 500 == 0) size = WordArena::kChunkWords * 9;
    std::string value(size, static_cast<char>(random()));
    kept.emplace_back(arena.add_bytes(value), value);
    bytes += size;
    uint32_t empty = arena.allocate(0);
    EXPECT_LE(empty, kept.back().first + size + 2);
  }
  WordArena::View view = arena.view();
  for (const auto& [place, value] : kept) {
    ASSERT_EQ(place >> 31, 0u);
    ASSERT_EQ(arena.bytes(place), value);
    ASSERT_EQ(view.bytes(place), value);
  }
  EXPECT_GE(arena.memory_bytes(), bytes);
  EXPECT_EQ(arena.room() + arena.memory_bytes() / 4, uint64_t{1} << 31);
}

TEST(WordArena, AViewKeepsItsPlaceWhileTheArenaGrows) {
  WordArena arena;
  uint32_t place = arena.add_bytes("here");
  WordArena::View view = arena.view();
  const char* before = view.bytes(place).data();
  for (int i = 0; i < 100'000; ++i) arena.add_bytes("more");
  EXPECT_EQ(view.bytes(place).data(), before);
  EXPECT_EQ(arena.bytes(place).data(), before);
}

}  // namespace
}  // namespace clew::store
