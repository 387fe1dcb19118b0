#include "store/context_choice.h"

#include <gtest/gtest.h>

#include <random>

#include "store/block_questions.h"
#include "store/block_testing.h"

namespace clew::store {
namespace {

using block_format::ContextKind;

/// The context that is chosen for the attribute `b` of spans whose attributes `values` gives: pairs
/// of `a` and `b`.
template <typename Values>
block_format::Column column_of(Values&& values, Cache& cache, bool& a_is_context) {
  std::vector<otlp::testing::SpanSpec> specs;
  for (uint64_t i = 0; i < 3000; ++i) {
    auto [a, b] = values(i);
    specs.push_back({.trace = 1 + i / 10,
                     .span = i + 1,
                     .start = 1000 + i,
                     .attributes = {{"a", fmt::format("{}", a)}, {"b", fmt::format("{}", b)}}});
  }
  std::atomic<uint64_t> damaged = 0;
  auto file =
      std::make_shared<testing::MemoryFile>(testing::block_of({otlp::testing::batch_of(specs)}));
  auto block = Block::open({{Tenant(), "b"}, 0}, file, cache, damaged).value();
  auto columns = *block->reader().segments().front().columns();
  for (const block_format::Column& column : *columns)
    if (column.key.key == "b") {
      a_is_context = column.context.kind == ContextKind::kColumn &&
                     (*columns)[column.context.column].key.key == "a";
      return column;
    }
  CLEW_CHECK(false);
}

TEST(ContextChoice, AColumnStandsOnTheOneThatTellsIt) {
  Cache cache(1 << 20);
  std::mt19937_64 random(1);
  bool a_is_context = false;
  column_of(
      [&](uint64_t) {
        uint64_t a = random() % 50;
        return std::pair(a, a * 7 % 50);
      },
      cache, a_is_context);
  EXPECT_TRUE(a_is_context);
}

TEST(ContextChoice, AColumnThatIsEqualWithinATraceStandsOnItself) {
  Cache cache(1 << 20);
  std::mt19937_64 random(1);
  bool a_is_context = false;
  uint64_t b = 0;
  auto column = column_of(
      [&](uint64_t i) {
        if (i % 10 == 0) b = random() % 200;
        return std::pair(random() % 50, b);
      },
      cache, a_is_context);
  EXPECT_EQ(column.context.kind, ContextKind::kPrevious);
}

TEST(ContextChoice, AColumnThatNothingTellsStandsOnNothing) {
  Cache cache(1 << 20);
  std::mt19937_64 random(1);
  bool a_is_context = false;
  auto column = column_of([&](uint64_t) { return std::pair(random() % 50, random() % 50); }, cache,
                          a_is_context);
  EXPECT_EQ(column.context.kind, ContextKind::kNone);
}

TEST(PreviousContext, ForgetsAtTheEndOfEachPiece) {
  std::vector<uint32_t> ends = {2, 3, 6};
  PreviousContext previous(ends);
  EXPECT_EQ(previous.at(0), 0u);
  previous.set(4);
  EXPECT_EQ(previous.at(1), 5u);
  previous.set(7);
  EXPECT_EQ(previous.at(4), 0u);
  previous.set(0);
  EXPECT_EQ(previous.at(5), 1u);
}

}  // namespace
}  // namespace clew::store
