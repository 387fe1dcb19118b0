#include "store/group_reader.h"

#include <gtest/gtest.h>

#include "store/block_testing.h"
#include "store/random_spans.h"

namespace clew::store {
namespace {

using namespace testing;

/// A row with its wanted columns, as text.
std::string text_of(const Row& row, const Vocabulary& vocabulary, const AttributeChoice& wanted) {
  std::vector<uint8_t> is_wanted = wanted_columns(vocabulary, wanted);
  std::string text = fmt::format("{} {} {} {}:", row.fields.start, row.operation, row.resource,
                                 vocabulary.operation(row.operation).size());
  std::span<const uint32_t> columns = vocabulary.shape(row.shape);
  for (size_t i = 0; i < columns.size(); ++i)
    if (is_wanted[columns[i]] != 0)
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

  /// What is wanted of the rows of a range, all of the group decoded or that alone.
  static std::vector<std::string> rows(SegmentRows& segment, uint32_t group,
                                       GroupReader::RowRange range, const AttributeChoice& wanted,
                                       bool alone) {
    auto reader = segment.read(group);
    auto columns = wanted_columns(segment.vocabulary(), wanted);
    auto loaded = alone ? reader->load_rows(range, columns) : reader->load_rows();
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    GroupVocabulary vocabulary(segment.vocabulary(), *reader);
    std::vector<std::string> texts;
    for (uint32_t row = range.begin; row < range.end; ++row)
      texts.push_back(text_of(reader->row(row), vocabulary, wanted));
    return texts;
  }

  Cache cache_{1 << 20};
  std::atomic<uint64_t> damaged_ = 0;
};

/// Says that spans have each of their columns several times, as no writer does.
class RepeatingVocabulary final : public RareVocabulary {
 public:
  RepeatingVocabulary(const HeadSnapshot& head, size_t times) : RareVocabulary(head) {
    for (uint32_t code = 0; code < head.shapes(); ++code) {
      std::vector<uint32_t>& shape = shapes_.emplace_back();
      for (size_t i = 0; i < times; ++i)
        shape.insert(shape.end(), head.shape(code).begin(), head.shape(code).end());
    }
  }

  std::span<const uint32_t> shape(uint32_t code) const override { return shapes_[code]; }

 private:
  std::vector<std::vector<uint32_t>> shapes_;
};

TEST_F(GroupReaderTest, AShapeThatNoWriterMakesIsDamage) {
  for (size_t times : {1, 2, 5000}) {
    HeadTenant head;
    head.insert(rich_batch({{.span = {.trace = 1, .attributes = {{"a", "1"}}}}}));
    std::vector<HeadTrace> traces;
    HeadSnapshot snapshot =
        head.snapshot([&](uint32_t, const HeadTrace& trace) { traces.push_back(trace); });
    RepeatingVocabulary vocabulary(snapshot, times);
    std::string bytes;
    MemoryUpload upload(bytes);
    BlockWriter writer(upload, /*expected_rows=*/1);
    SourceMap map(vocabulary, writer.segment().tables());
    Row row = snapshot.row(traces[0].last_row);
    std::vector<uint32_t> cells(vocabulary.shape(row.shape).size(), row.cells[0]);
    row.cells = cells.data();
    std::vector<SourceRow> rows = {{&map, &vocabulary, row}};
    ASSERT_TRUE(writer.segment().add_trace(traces[0].id, rows).has_value());
    ASSERT_TRUE(writer.finish(9, kWrittenAt).has_value());
    auto block = open(std::move(bytes));
    auto segment = *SegmentRows::open(block->reader().segments()[0]);
    EXPECT_EQ(segment->read(0)->load_rows().has_value(), times == 1) << times;
    auto visited = block->visit_spans(traces[0].id, {}, [](const auto&, const auto&) {});
    EXPECT_EQ(visited.has_value(), times == 1) << times;
  }
}

TEST_F(GroupReaderTest, APieceDecodedAloneIsThatOfTheWholeGroup) {
  size_t pieces = 0;
  const AttributeChoice choices[] = {
      {},
      [](std::string_view key) { return key == "url"; },
      [](std::string_view key) { return key.size() % 2 == 0; },
      [](std::string_view) { return false; },
  };
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Dice dice(seed);
    const AttributeChoice& wanted = choices[seed % 4];
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
          ASSERT_EQ(rows(*opened, group, piece, wanted, true),
                    rows(*opened, group, piece, wanted, false))
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
