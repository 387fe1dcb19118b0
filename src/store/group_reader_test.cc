#include "store/group_reader.h"

#include <gtest/gtest.h>

#include "store/block_testing.h"
#include "store/random_spans.h"

namespace clew::store {
namespace {

using namespace testing;

/// All of a row, as text.
std::string text_of(const Row& row, const Vocabulary& vocabulary) {
  std::string text = fmt::format("{} {} {} {}:", row.fields.start, row.operation, row.resource,
                                 vocabulary.operation(row.operation).size());
  std::span<const uint32_t> columns = vocabulary.shape(row.shape);
  for (size_t i = 0; i < columns.size(); ++i)
    text += fmt::format(" {}={}", vocabulary.column(columns[i]).key,
                        vocabulary.value(columns[i], row.cells[i]));
  return text;
}

class GroupReaderTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Block> open(std::string bytes) {
    return *Block::open({{Tenant(), "b"}, 0}, std::make_shared<MemoryFile>(std::move(bytes)),
                        cache_, damaged_);
  }

  /// The rows of a range, all of it decoded or that alone.
  static std::vector<std::string> rows(SegmentRows& segment, uint32_t group,
                                       GroupReader::RowRange range, bool alone) {
    auto reader = segment.read(group);
    auto loaded = alone ? reader->load_rows(range) : reader->load_rows();
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    GroupVocabulary vocabulary(segment.vocabulary(), *reader);
    std::vector<std::string> texts;
    for (uint32_t row = range.begin; row < range.end; ++row)
      texts.push_back(text_of(reader->row(row), vocabulary));
    return texts;
  }

  Cache cache_{1 << 20};
  std::atomic<uint64_t> damaged_ = 0;
};

TEST_F(GroupReaderTest, APieceDecodedAloneIsThatOfTheWholeGroup) {
  size_t pieces = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Dice dice(seed);
    std::vector<RichSpec> specs;
    for (uint64_t number = 1; number <= 300; ++number) {
      specs.push_back(random_span(dice, number).spec);
      // Texts that do not repeat, and numbers in them.
      specs.back().span.attributes.push_back({"url", fmt::format("/orders/{}", dice.below(9000))});
      if (dice.chance(2))
        specs.back().span.attributes.push_back({"path", fmt::format("/{}", seed)});
    }
    auto block = open(block_of({rich_batch(specs)}, {.group_rows = 128, .rare = seed % 2 == 0}));
    for (const SegmentReader& segment : block->reader().segments()) {
      auto opened = *SegmentRows::open(segment);
      for (uint32_t group = 0; group < opened->groups(); ++group) {
        auto whole = opened->read(group);
        uint32_t begin = 0;
        std::span<const uint32_t> ends = *whole->piece_ends();
        for (uint32_t end : ends) {
          GroupReader::RowRange piece{begin, end};
          ASSERT_EQ(rows(*opened, group, piece, true), rows(*opened, group, piece, false))
              << "seed " << seed << ", group " << group << ", rows from " << begin;
          begin = end;
          ++pieces;
        }
      }
    }
  }
  EXPECT_GT(pieces, 500u);
  EXPECT_EQ(damaged_, 0u);
}

}  // namespace
}  // namespace clew::store
