#include "store/compaction.h"

#include <gtest/gtest.h>

#include "store/block_questions.h"
#include "store/block_testing.h"

namespace clew::store {
namespace {

using testing::RichSpec;

constexpr UnixNanos kDay = 86'400'000'000'000;
constexpr UnixNanos kNow = 100 * kDay;

class CompactionTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Block> block(const std::vector<RichSpec>& specs) {
    auto file = std::make_shared<testing::MemoryFile>(
        testing::block_of({testing::rich_batch(specs)}, {.written_at = kNow}));
    std::string id = fmt::format("{:04}", next_++);
    return Block::open({{Tenant(), id}, 0}, file, cache_, damaged_).value();
  }
  /// A block of one trace for each span.
  std::shared_ptr<const Block> block(uint64_t spans, UnixNanos start) {
    std::vector<RichSpec> specs;
    for (uint64_t i = 0; i < spans; ++i)
      specs.push_back({.span = {.trace = ++last_, .span = last_, .start = start + i}});
    return block(specs);
  }
  std::vector<size_t> sizes(const std::vector<CompactionJob>& jobs) {
    std::vector<size_t> sizes;
    for (const CompactionJob& job : jobs) sizes.push_back(job.sources.size());
    return sizes;
  }

  Cache cache_{1 << 20};
  std::atomic<uint64_t> damaged_ = 0;
  uint64_t next_ = 0, last_ = 0;
};

TEST_F(CompactionTest, EightBlocksOfOneSizeAndDayAreAJob) {
  std::vector<std::shared_ptr<const Block>> blocks;
  for (int i = 0; i < 7; ++i) blocks.push_back(block(2, 5 * kDay + static_cast<UnixNanos>(i)));
  EXPECT_TRUE(plan_compaction(Tenant(), blocks, false).empty());
  blocks.push_back(block(2, 6 * kDay));
  blocks.push_back(block(100, 5 * kDay));
  EXPECT_TRUE(plan_compaction(Tenant(), blocks, false).empty());  // another day, another size
  blocks.push_back(block(3, 5 * kDay + 9));
  auto jobs = plan_compaction(Tenant(), blocks, false);
  ASSERT_EQ(sizes(jobs), std::vector<size_t>{kMergedBlocks});
  EXPECT_EQ(jobs[0].rows, 7u * 2 + 3);
  for (const auto& source : jobs[0].sources) EXPECT_LT(source->footer().spans, 10u);
}

TEST_F(CompactionTest, AllMeansWhateverADayHas) {
  std::vector<std::shared_ptr<const Block>> blocks = {block(1, 5 * kDay), block(100, 5 * kDay),
                                                      block(1, 6 * kDay)};
  auto jobs = plan_compaction(Tenant(), blocks, true);
  ASSERT_EQ(sizes(jobs), std::vector<size_t>{2});
  EXPECT_EQ(jobs[0].rows, 101u);
  EXPECT_TRUE(plan_compaction(Tenant(), {blocks[2]}, true).empty());
  EXPECT_TRUE(plan_compaction(Tenant(), {}, true).empty());
}

/// Storage that keeps blocks in memory.
class MemoryBlocks final : public BlockStorage {
 public:
  Result<std::unique_ptr<BlockUpload>> create(const BlockKey& key) override {
    return std::make_unique<testing::MemoryUpload>(blocks[key]);
  }
  Result<std::shared_ptr<const ReadFile>> open(const BlockKey& key) override {
    return std::make_shared<testing::MemoryFile>(blocks[key]);
  }
  Result<std::vector<StoredBlock>> list() override { return std::vector<StoredBlock>(); }
  Result<void> remove(const BlockKey&) override { return {}; }

  std::map<BlockKey, std::string> blocks;
};

class SeriesTest : public CompactionTest {
 protected:
  BlockSeries series(UnixNanos oldest = 0) {
    return BlockSeries(
        {.storage = storage_,
         .new_key = [this] { return BlockKey{Tenant(), fmt::format("{}", ++keys_)}; },
         .open = [this](const BlockKey& key) -> Result<std::shared_ptr<const Block>> {
           return Block::open({key, 0}, *storage_.open(key), cache_, damaged_);
         },
         .now = kNow,
         .oldest = oldest},
        /*expected_rows=*/100);
  }

  /// Writes spans through a head; the blocks' numbers of spans.
  std::vector<uint64_t> write(BlockSeries& series, const std::vector<RichSpec>& specs) {
    HeadTenant head;
    head.insert(testing::rich_batch(specs));
    CLEW_CHECK(write_head(head, series).has_value());
    CLEW_CHECK(series.finish(7).has_value());
    std::vector<uint64_t> spans;
    for (const auto& block : series.written()) spans.push_back(block->footer().spans);
    return spans;
  }

  MemoryBlocks storage_;
  int keys_ = 0;
};

class MergeTest : public CompactionTest {
 protected:
  Result<std::shared_ptr<const Block>> merge(
      const std::vector<std::shared_ptr<const Block>>& sources, uint64_t small_segment_rows) {
    std::string bytes;
    testing::MemoryUpload upload(bytes);
    BlockOutput out(upload);
    auto merged =
        merge_blocks({Tenant(), sources, 0}, out,
                     {.log_end = 7, .now = kNow, .small_segment_rows = small_segment_rows}, stop_);
    if (!merged) return std::unexpected(merged.error());
    duplicates_ = *merged;
    auto file = std::make_shared<testing::MemoryFile>(std::move(bytes));
    return Block::open({{Tenant(), "merged"}, 0}, file, cache_, damaged_);
  }

  std::atomic<bool> stop_ = false;
  uint64_t duplicates_ = 0;
};

TEST_F(MergeTest, LateAndRepeatedSpansComeToTheirTrace) {
  RichSpec first{.span = {.trace = 1, .span = 1, .start = kNow - 50, .attributes = {{"a", "x"}}}};
  RichSpec late{.span = {.trace = 1, .span = 2, .start = kNow - 90, .attributes = {{"b", "y"}}}};
  RichSpec other{.span = {.trace = 2, .span = 3, .start = kNow - 70}};
  auto merged = merge({block({first, other}), block({late, first})}, kSmallSegmentRows).value();
  EXPECT_EQ(merged->footer().spans, 3u);
  EXPECT_EQ(duplicates_, 1u);
  EXPECT_EQ(merged->footer().traces, 2u);
  EXPECT_EQ(merged->footer().log_end, 7u);
  EXPECT_EQ(merged->reader().segments().size(), 1u);
  EXPECT_EQ(testing::contents(collect_trace({merged}, testing::trace_id(1))->spans),
            testing::contents(testing::rich_batch({first, late})));
  EXPECT_EQ(merged->extent_of(testing::trace_id(1)).value()->start, kNow - 90);
}

TEST_F(MergeTest, LargeSegmentsAreCopiedButForGroupsOfDividedTraces) {
  auto a = block(100, kNow - 1000), b = block(100, kNow - 2000);
  RichSpec late{.span = {.trace = 1, .span = 1000, .start = kNow - 5}};
  auto merged = merge({a, b, block({late})}, /*small_segment_rows=*/10).value();
  // One trace in a hundred is in another segment: its group stays, its late span is found beside
  // it.
  EXPECT_EQ(merged->reader().segments().size(), 3u);
  EXPECT_EQ(merged->footer().spans, 201u);
  EXPECT_EQ(collect_trace({merged}, testing::trace_id(1))->spans.spans().size(), 2u);
  EXPECT_EQ(merged->extent_of(testing::trace_id(1)).value()->start, kNow - 1000);
  for (uint64_t trace = 2; trace <= 200; ++trace)
    ASSERT_EQ(collect_trace({merged}, testing::trace_id(trace))->spans.spans().size(), 1u);
  // What was merged is merged again: segments are copied from it too.
  auto again = merge({merged, block(50, kNow - 100)}, 10).value();
  EXPECT_EQ(again->footer().spans, 251u);
  EXPECT_EQ(collect_trace({again}, testing::trace_id(1))->spans.spans().size(), 2u);
}

TEST_F(MergeTest, GroupsWithManyDividedTracesAreWrittenAgain) {
  std::vector<RichSpec> specs;
  for (uint64_t i = 1; i <= 100; ++i)
    specs.push_back({.span = {.trace = i, .span = i, .start = kNow - 100 + i}});
  auto a = block(specs);
  for (RichSpec& spec : specs) spec.span.span += 1000;
  auto b = block(specs);
  auto merged = merge({a, b}, /*small_segment_rows=*/10).value();
  EXPECT_EQ(merged->reader().segments().size(), 1u);
  EXPECT_EQ(merged->footer().spans, 200u);
  EXPECT_EQ(merged->footer().traces, 100u);
}

TEST_F(SeriesTest, EachDayHasItsBlockAndOnlyTheLastCoversTheLog) {
  RichSpec old{.span = {.trace = 1, .span = 1, .start = 5 * kDay}};
  RichSpec next{.span = {.trace = 2, .span = 2, .start = 6 * kDay}};
  RichSpec also{.span = {.trace = 3, .span = 3, .start = 7 * kDay - 1}};
  RichSpec future{.span = {.trace = 4, .span = 4, .start = kNow + 5 * kDay}};
  RichSpec none{.span = {.trace = 5, .span = 5, .start = 0}};
  BlockSeries out = series();
  EXPECT_EQ(write(out, {old, next, also, future}), (std::vector<uint64_t>{1, 2, 1}));
  EXPECT_EQ(out.written()[0]->footer().log_end, 0u);
  EXPECT_EQ(out.written()[1]->footer().log_end, 0u);
  EXPECT_EQ(out.written()[2]->footer().log_end, 7u);
  // What will be gone soon is not worth a block for each day.
  BlockSeries clamped = series(/*oldest=*/8 * kDay);
  EXPECT_EQ(write(clamped, {old, next, also, future}), (std::vector<uint64_t>{3, 1}));
  EXPECT_EQ(partition_of(0, kNow), 100u);
  EXPECT_EQ(partition_of(kNow + kDay, kNow), 100u);
  EXPECT_EQ(partition_of(kNow - 1, kNow), 99u);
}

TEST_F(MergeTest, ADamagedSourceIsNotMerged) {
  std::string bytes = testing::block_of({testing::rich_batch({{}})});
  bytes[block_format::kMagic.size() + 5] ^= 1;
  auto bad = Block::open({{Tenant(), "bad"}, 0}, std::make_shared<testing::MemoryFile>(bytes),
                         cache_, damaged_)
                 .value();
  EXPECT_FALSE(merge({block(1, kDay), bad}, kSmallSegmentRows));
  stop_ = true;
  auto merged = merge({block(1, kDay)}, kSmallSegmentRows);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace clew::store
