#include "store/block.h"

#include <gtest/gtest.h>

#include <random>

#include "store/block_testing.h"
#include "store/search.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::testing::trace_id;
using testing::RichSpec;

using testing::block_of;
using testing::MemoryFile;

std::string block_of_specs(const std::vector<RichSpec>& specs) {
  return block_of({testing::rich_batch(specs)});
}

class BlockTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<const Block>> open(std::string bytes) {
    return Block::open({{Tenant(), "b"}, 0}, std::make_shared<MemoryFile>(std::move(bytes)), cache_,
                       damaged_);
  }

  /// Everything a store may ask of a block, as text; "incomplete" where it says so.
  std::vector<std::string> answers(const Block& block, const std::vector<Filter>& filters,
                                   uint64_t traces) {
    auto part = std::shared_ptr<const Part>(std::shared_ptr<void>(), &block);
    std::vector<std::string> out;
    for (uint64_t i = 1; i <= traces; ++i) {
      auto trace = collect_trace({part}, trace_id(i));
      if (!trace)
        out.push_back(trace.error().code == Code::kNotFound ? "absent" : "incomplete");
      else
        out.push_back(trace->complete ? text_of(trace->spans) : "incomplete");
    }
    for (const Filter& filter : filters) {
      auto found = find_traces({part}, testing::query(filter), 10, clock_, testing::kNoDeadline);
      std::string ids;
      for (const auto& trace : found.traces) ids += trace.id.hex() + " ";
      out.push_back(found.complete ? ids : "incomplete");
    }
    std::string operations;
    auto visited = block.visit_operations(
        [&](const OperationKey& key) { operations += key.service + "/" + key.name + " "; });
    out.push_back(visited ? operations : "incomplete");
    return out;
  }

  static std::string text_of(const otlp::Batch& batch) {
    return fmt::format("{}", fmt::join(testing::contents(batch), "+"));
  }

  ManualClock clock_{0};
  Cache cache_{1 << 20};
  std::atomic<uint64_t> damaged_ = 0;
};

std::vector<RichSpec> shop() {
  return {{.span = {.trace = 1, .span = 1, .service = "edge", .name = "in", .start = 100}},
          {.span = {.trace = 1, .span = 2, .parent = 1, .start = 110, .attributes = {{"a", "1"}}},
           .event = {{"e", "x"}}},
          {.span = {.trace = 2, .span = 3, .start = 90, .duration = 77}, .scope = {{"s", "y"}}},
          {.span = {.trace = 4, .span = 4, .start = 300}, .resource = {{"host", "n1"}}}};
}

const std::vector<Filter> kShopFilters = {
    {},
    {.service = "edge"},
    {.tags = {{"a", "1"}}},
    {.tags = {{"e", "x"}}},
    {.tags = {{"s", "y"}}},
    {.tags = {{"host", "n1"}}},
    {.tags = {{"host", "absent"}}},
    {.tags = {{"error", "false"}}},
    {.max_duration = 77},
    {.start_min = 105, .start_max = 200},
};

TEST_F(BlockTest, AnswersFromWhatWasWritten) {
  auto block = open(block_of_specs(shop())).value();
  EXPECT_EQ(block->footer().log_end, 9u);
  EXPECT_EQ(block->footer().spans, 4u);
  EXPECT_EQ(block->footer().traces, 3u);
  EXPECT_EQ(block->footer().min_start, 90u);
  EXPECT_EQ(block->footer().max_start, 300u);
  EXPECT_EQ(block->footer().written_at, testing::kWrittenAt);
  EXPECT_EQ(block->newest_trace_start(), 300u);
  auto contents = [&](ptrdiff_t from, ptrdiff_t to) {
    std::vector<RichSpec> specs = shop();
    return text_of(testing::rich_batch({specs.begin() + from, specs.begin() + to}));
  };
  std::string t1 = trace_id(1).hex() + " ", t2 = trace_id(2).hex() + " ";
  std::string t4 = trace_id(4).hex() + " ", all = t4 + t1 + t2;
  EXPECT_EQ(answers(*block, kShopFilters, 4),
            (std::vector<std::string>{contents(0, 2), contents(2, 3), "absent", contents(3, 4), all,
                                      t1, t1, t1, t2, t4, "", all, t2, t1, "shop/GET / edge/in "}));
  EXPECT_EQ(damaged_, 0u);
}

TEST_F(BlockTest, AnotherVersionIsRefusedAsSuch) {
  std::string block = block_of_specs(shop());
  block.resize(block.size() - block_format::kFooterBytes - block_format::kTrailerBytes);
  block += block_format::encode_footer({}, 7);
  auto opened = open(block);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUnsupported);
  EXPECT_NE(opened.error().message.find("version 7"), std::string::npos);
}

TEST_F(BlockTest, ATraceLargerThanARowGroupIsWhole) {
  std::vector<RichSpec> specs = {{.span = {.trace = 1, .span = 1}}};
  const uint64_t count = 2 * block_format::kMaxGroupRows + 5;
  for (uint64_t i = 0; i < count; ++i)
    specs.push_back({.span = {.trace = 2,
                              .span = 2 + i,
                              .parent = i / 2,
                              .attributes = {{"n", fmt::format("{}", i)}}}});
  specs.push_back({.span = {.trace = 3, .span = 99}});
  auto block = open(block_of_specs(specs)).value();
  EXPECT_GE(testing::groups_of(*block), 3u);
  auto trace = collect_trace({block}, trace_id(2)).value();
  EXPECT_EQ(testing::contents(trace.spans),
            testing::contents(testing::rich_batch({specs.begin() + 1, specs.end() - 1})));
  Filter last{.tags = {{"n", fmt::format("{}", count - 1)}}};
  auto found = find_traces({block}, testing::query(last), 10, clock_, testing::kNoDeadline);
  ASSERT_EQ(found.traces.size(), 1u);
  EXPECT_EQ(found.traces[0].id, trace_id(2));
  EXPECT_EQ(collect_trace({block}, trace_id(3)).value().spans.spans().size(), 1u);
}

TEST_F(BlockTest, FatSpansCloseARowGroupEarly) {
  std::vector<RichSpec> specs;
  for (uint64_t i = 0; i < 40; ++i)  // too fat for a dictionary
    specs.push_back({.span = {.trace = 1 + i,
                              .span = 1,
                              .attributes = {{"fat", std::string(400'000, char('a' + i % 26))}}}});
  auto block = open(block_of_specs(specs)).value();
  EXPECT_GE(testing::groups_of(*block), 40 * 400'000 / block_format::kGroupLiteralBytes);
  for (uint64_t i = 0; i < 40; ++i)
    ASSERT_EQ(testing::contents(collect_trace({block}, trace_id(1 + i)).value().spans),
              testing::contents(testing::rich_batch({specs[i]})));
}

TEST_F(BlockTest, ASearchReadsOnlyTheRowGroupsThatHaveTheValue) {
  std::vector<RichSpec> specs;
  for (uint64_t i = 1; i <= 400; ++i)
    specs.push_back({.span = {.trace = i,
                              .span = i,
                              .start = 1000 + i,
                              .attributes = {{"n", fmt::format("{}", i)}}}});
  std::string bytes = block_of({testing::rich_batch(specs)}, {.group_rows = 20});
  auto block = open(bytes).value();
  ASSERT_EQ(testing::groups_of(*block), 20u);
  // Every other row group is damaged: a search that had to look into one would say so.
  auto groups = *block->reader().segments().front().groups();
  for (uint32_t i = 0; i < 20; ++i)
    if (i != 3)
      for (uint64_t at = 0; at < (*groups)[i].bytes; ++at) bytes[(*groups)[i].offset + at] ^= 1;
  block = open(bytes).value();
  Filter rare{.tags = {{"n", "77"}}};
  auto found = find_traces({block}, testing::query(rare), 10, clock_, testing::kNoDeadline);
  EXPECT_TRUE(found.complete);
  ASSERT_EQ(found.traces.size(), 1u);
  EXPECT_EQ(found.traces[0].id, trace_id(77));
  EXPECT_FALSE(
      find_traces({block}, testing::query({}), 1000, clock_, testing::kNoDeadline).complete);
}

TEST_F(BlockTest, AnExactRepetitionIsWrittenOnce) {
  otlp::Batch batch = testing::rich_batch(shop());
  auto block = open(block_of({batch, batch, testing::rich_batch({shop()[0]})})).value();
  EXPECT_EQ(block->footer().spans, 4u);
}

template <typename Decode>
void expect_refuses_every_cut(const std::string& bytes, Decode&& decode) {
  ASSERT_TRUE(decode(bytes));
  for (size_t i = 0; i < bytes.size(); ++i) ASSERT_FALSE(decode(bytes.substr(0, i))) << i;
  EXPECT_FALSE(decode(bytes + '\0'));
}

TEST(BlockFormat, DecodersRefuseEveryCut) {
  using namespace block_format;
  const uint64_t file = 1000;
  std::vector<Group> groups = {{.bytes = 50,
                                .rows = 10,
                                .traces = 3,
                                .min_trace_start = 7,
                                .max_trace_start = 9,
                                .min_start = 7,
                                .max_start = 11},
                               {.bytes = 40, .rows = 20, .traces = 2}};
  Segment segment{.groups_at = kMagic.size(), .spans = 30, .traces = 5, .group_count = 2};
  auto groups_of = [&](std::string_view bytes) { return decode_groups(bytes, segment, file); };
  expect_refuses_every_cut(encode_groups(groups), groups_of);
  auto read = groups_of(encode_groups(groups)).value();
  EXPECT_EQ(read[1].offset, kMagic.size() + 50);
  EXPECT_EQ(read[1].first_trace, 3u);
  EXPECT_EQ(read[0].max_start, 11u);
  EXPECT_FALSE(decode_groups(encode_groups(groups), segment, 97));  // outside the file
  segment.spans = 31;
  EXPECT_FALSE(groups_of(encode_groups(groups)));

  Chunks chunks{.begins = {0, 2, 3}, .refs = {{0, 0, 20}, {5, 20, 30}, {1, 0, 40}}};
  auto chunks_of = [&](std::string_view bytes) { return decode_chunks(bytes, read); };
  expect_refuses_every_cut(encode_chunks(chunks), chunks_of);
  EXPECT_EQ(chunks_of(encode_chunks(chunks))->find(0, 5)->offset, 20u);
  EXPECT_EQ(chunks_of(encode_chunks(chunks))->find(0, 4), nullptr);
  std::swap(chunks.refs[0], chunks.refs[1]);
  EXPECT_FALSE(chunks_of(encode_chunks(chunks)));

  std::vector<Column> columns(kOwnColumns + 1);
  columns.back() = {
      .key = {.key = "http.route"}, .values = 5, .context = {ContextKind::kColumn, 2}};
  segment.tables_bytes = file;
  segment.column_count = kOwnColumns + 1;
  auto columns_of = [&](std::string_view bytes) { return decode_columns(bytes, segment); };
  expect_refuses_every_cut(encode_columns(columns), columns_of);
  EXPECT_EQ(columns_of(encode_columns(columns))->back().key.key, "http.route");
  columns.back().context.column = kOwnColumns;  // its own
  EXPECT_FALSE(columns_of(encode_columns(columns)));
  columns.back().context.column = 0;
  columns.back().dictionary = {.offset = 900, .stored_bytes = 101};
  EXPECT_FALSE(columns_of(encode_columns(columns)));

  std::vector<std::string_view> values = {"a", "", "longer"};
  expect_refuses_every_cut(encode_values(values),
                           [](std::string_view bytes) { return decode_values(bytes, 3); });
  EXPECT_EQ(decode_values(encode_values(values), 3).value(), values);
}

TEST(BlockFormat, RetentionGoesByNoStartLaterThanTheWriting) {
  block_format::Footer footer{.max_start = 7, .written_at = 5};
  EXPECT_EQ(footer.newest_start(), 5u);
  footer.max_start = 3;
  EXPECT_EQ(footer.newest_start(), 3u);
  footer.max_start = 0;  // no span has a start
  EXPECT_EQ(footer.newest_start(), 5u);
}

}  // namespace
}  // namespace clew::store
