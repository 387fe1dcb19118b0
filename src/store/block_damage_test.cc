// Damaged blocks: every answer is what the whole block says, or less and says so. A block whose
// damage has right checksums may say anything, but neither crashes nor hangs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/log.h"
#include "otlp/random_request.h"
#include "store/block_pieces.h"
#include "store/block_questions.h"
#include "store/block_testing.h"
#include "store/random_spans.h"
#include "store/search.h"

namespace clew::store {
namespace {

using testing::Answer;

/// CLEW_THOROUGH=1 looks at every byte.
bool is_thorough() {
  return std::getenv("CLEW_THOROUGH") != nullptr;
}

class BlockDamage : public ::testing::Test {
 protected:
  BlockDamage() : level_(spdlog::get_level()) {
    spdlog::set_level(spdlog::level::off);
    testing::Dice dice(7);
    std::vector<otlp::Batch> batches;
    for (int i = 0; i < 6; ++i) {
      std::vector<testing::RichSpec> specs;
      for (uint64_t j = 0; j < 12; ++j) {
        specs.push_back(testing::random_span(dice, ++spans_).spec);
        specs.back().span.extra_key_values.push_back(
            otlp::testing::key_value("real", otlp::testing::any_double(dice.below(9) / 4.0)));
        specs.back().span.extra_key_values.push_back(
            otlp::testing::key_value("flag", otlp::testing::any_bool(dice.chance(2))));
      }
      batches.push_back(testing::rich_batch(specs));
    }
    otlp::testing::RandomRequest requests(3);
    while (batches.size() < 30)
      batches.push_back(
          otlp::Batch::index(SharedBytes::take(requests.next().SerializeAsString())).value());
    good_ = testing::block_of(batches, {.group_rows = 40, .rare = true});
    for (const otlp::Batch& batch : batches)
      for (const otlp::SpanRef& ref : batch.spans()) questions_.traces.push_back(ref.trace_id);
    std::ranges::sort(questions_.traces);
    auto again = std::ranges::unique(questions_.traces);
    questions_.traces.erase(again.begin(), again.end());
    for (int i = 0; i < 8; ++i) {
      Filter filter = testing::random_filter(dice);
      // Of a trace that is there in part nobody knows how long it is.
      filter.min_trace_duration = filter.max_trace_duration = std::nullopt;
      questions_.filters.push_back(filter);
    }
    questions_.filters.push_back({});
    questions_.filters.push_back({.status = otlp::StatusCode::kError});
    questions_.filters.push_back({.tags = {{"error", "true"}}});
    questions_.filters.push_back({.tags = {{"otel.status_code", "OK"}}});
    questions_.keys = {"color", "mixed", "number", "host"};
    expected_ = *ask(good_);
  }
  ~BlockDamage() override { spdlog::set_level(level_); }

  /// nullopt if the block does not open.
  std::optional<std::vector<Answer>> ask(std::string bytes) {
    auto block =
        Block::open({{Tenant(), "b"}, 0}, std::make_shared<testing::MemoryFile>(std::move(bytes)),
                    cache_, damaged_);
    if (!block) return std::nullopt;
    return testing::answers(**block, questions_);
  }

  /// Fails unless every answer is right or says that it is less. Returns how many are less.
  size_t check(const std::vector<Answer>& got) {
    size_t incomplete = 0;
    EXPECT_EQ(got.size(), expected_.size());
    for (size_t i = 0; i < got.size() && !HasFailure(); ++i) {
      if (got[i].complete) {
        EXPECT_EQ(got[i].items, expected_[i].items) << "answer " << i;
      } else {
        EXPECT_TRUE(std::ranges::includes(expected_[i].items, got[i].items))
            << "answer " << i << ": " << ::testing::PrintToString(got[i].items) << " of "
            << ::testing::PrintToString(expected_[i].items);
        ++incomplete;
      }
    }
    return incomplete;
  }

  spdlog::level::level_enum level_;
  uint64_t spans_ = 0;
  std::string good_;
  testing::Questions questions_;
  std::vector<Answer> expected_;
  Cache cache_{8 << 20};
  std::atomic<uint64_t> damaged_ = 0;
};

TEST_F(BlockDamage, TheWholeBlockHasEverything) {
  auto block = Block::open({{Tenant(), "b"}, 0}, std::make_shared<testing::MemoryFile>(good_),
                           cache_, damaged_)
                   .value();
  EXPECT_GE(testing::groups_of(*block), 3u);
  EXPECT_GE(block->footer().spans, 100u);
  auto columns = *block->reader().segments().front().columns();
  std::set<CellType> literals;
  for (const auto& column : *columns)
    if (column.has_literals) literals.insert(column.key.type);
  EXPECT_EQ(literals.size(), size_t{kCellTypes});
  for (const Answer& answer : expected_) EXPECT_TRUE(answer.complete);
  EXPECT_EQ(damaged_, 0u);
}

TEST_F(BlockDamage, AFlippedBitIsFoundOrChangesNothing) {
  std::mt19937_64 random(1);
  size_t refused = 0, incomplete = 0, asked = 0;
  // Opening a block needs its footer and the list of segments before it.
  size_t footer = block_format::kFooterBytes + block_format::kTrailerBytes;
  size_t tail =
      good_.size() - block_format::decode_footer(good_.substr(good_.size() - footer), good_.size())
                         ->segments.offset;
  for (size_t at = 0; at < good_.size() && !HasFailure();
       at += is_thorough() ? 1 : 1 + random() % 120) {
    std::string bad = good_;
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    auto got = ask(bad);
    refused += got ? 0 : 1;
    EXPECT_EQ(!got, at >= good_.size() - tail) << at;
    if (!got) continue;
    ++asked;
    incomplete += check(*got) > 0 ? 1 : 0;
    if (HasFailure()) ADD_FAILURE() << "byte " << at << " of " << good_.size();
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(incomplete, asked / 2);
  EXPECT_GE(damaged_, incomplete);
}

TEST_F(BlockDamage, ACutBlockIsRefused) {
  for (size_t size = 0; size < good_.size(); ++size) {
    auto block =
        Block::open({{Tenant(), "b"}, 0},
                    std::make_shared<testing::MemoryFile>(good_.substr(0, size)), cache_, damaged_);
    ASSERT_FALSE(block) << size;
  }
}

TEST_F(BlockDamage, DamageWithRightChecksumsNeitherCrashesNorHangs) {
  testing::BlockPieces pieces = testing::BlockPieces::of(good_);
  EXPECT_EQ(pieces.assemble(), good_);
  std::mt19937_64 random(2);
  size_t answered = 0;
  for (int round = 0; round < (is_thorough() ? 20'000 : 200) && !HasFailure(); ++round) {
    testing::BlockPieces bad = pieces;
    for (uint64_t i = random() % 3 + 1; i > 0; --i) {
      std::string change(random() % 8 + 3, '\0');
      for (char& byte : change)
        byte = static_cast<char>(random() % 3 == 0 ? random() : random() % 8);
      bad.damage(static_cast<size_t>(random()), change);
    }
    if (auto got = ask(bad.assemble())) ++answered;
  }
  EXPECT_GT(answered, 0u);
}

}  // namespace
}  // namespace clew::store
