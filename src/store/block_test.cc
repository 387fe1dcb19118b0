#include "store/block.h"

#include <gtest/gtest.h>

#include <random>

#include "store/block_writer.h"
#include "store/bloom.h"
#include "store/coding.h"
#include "store/search.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::testing::trace_id;
using testing::RichSpec;

/// Keeps one block in memory.
class MemoryUpload final : public BlockUpload {
 public:
  explicit MemoryUpload(std::string& out) : out_(out) {}
  Result<void> append(std::string_view bytes) override { return out_ += bytes, Result<void>(); }
  Result<void> commit() override { return {}; }

 private:
  std::string& out_;
};

class MemoryFile final : public ReadFile {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}
  Result<std::string> read(uint64_t offset, size_t size) const override {
    if (offset > content_.size() || size > content_.size() - offset)
      return fail(Code::kMalformed, "cut short");
    return content_.substr(offset, size);
  }
  uint64_t size() const override { return content_.size(); }

 private:
  std::string content_;
};

constexpr UnixNanos kWrittenAt = 1000;

/// The specs must be in order of trace.
std::string block_of(const std::vector<RichSpec>& specs, LogPosition log_end = 9) {
  std::string bytes;
  MemoryUpload upload(bytes);
  BlockWriter writer(upload);
  otlp::Batch batch = testing::rich_batch(specs);
  for (const otlp::SpanRef& ref : batch.spans()) CLEW_CHECK(writer.add(batch, ref).has_value());
  CLEW_CHECK(writer.finish(log_end, kWrittenAt).has_value());
  return bytes;
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
      auto found = find_traces({part}, filter, 10, clock_, testing::kNoDeadline);
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
  auto block = open(block_of(shop())).value();
  EXPECT_EQ(block->footer().log_end, 9u);
  EXPECT_EQ(block->footer().spans, 4u);
  EXPECT_EQ(block->footer().traces, 3u);
  EXPECT_EQ(block->footer().min_start, 90u);
  EXPECT_EQ(block->footer().max_start, 300u);
  EXPECT_EQ(block->footer().written_at, kWrittenAt);
  EXPECT_EQ(block->newest_trace_start(), 300u);
  auto contents = [&](ptrdiff_t from, ptrdiff_t to) {
    std::vector<RichSpec> specs = shop();
    return text_of(testing::rich_batch({specs.begin() + from, specs.begin() + to}));
  };
  std::string t1 = trace_id(1).hex() + " ", t2 = trace_id(2).hex() + " ";
  std::string t4 = trace_id(4).hex() + " ", all = t4 + t1 + t2;
  EXPECT_EQ(answers(*block, kShopFilters, 4),
            (std::vector<std::string>{contents(0, 2), contents(2, 3), "absent", contents(3, 4), all,
                                      t1, t1, t1, t2, t4, "", all, t2, t1, "edge/in shop/GET / "}));
  EXPECT_EQ(damaged_, 0u);
}

TEST_F(BlockTest, AFlippedBitIsDetectedOrChangesNothing) {
  const std::string good = block_of(shop());
  const auto expected = answers(*open(good).value(), kShopFilters, 4);
  size_t refused = 0, incomplete = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
    auto block = open(bad);
    if (!block) {
      ++refused;
      ASSERT_EQ(block.error().code, Code::kMalformed) << at;
      continue;
    }
    auto got = answers(**block, kShopFilters, 4);
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i)
      ASSERT_TRUE(got[i] == expected[i] || got[i] == "incomplete") << at << ", answer " << i;
    incomplete += got == expected ? 0 : 1;
  }
  EXPECT_EQ(refused, block_format::kFooterBytes + block_format::kTrailerBytes);
  EXPECT_GT(incomplete, good.size() / 3);
  EXPECT_GE(damaged_, incomplete);
}

TEST_F(BlockTest, ACutBlockIsRefused) {
  const std::string good = block_of(shop());
  for (size_t size = 0; size < good.size(); ++size)
    ASSERT_FALSE(open(good.substr(0, size))) << size;
}

TEST_F(BlockTest, AnotherVersionIsRefusedAsSuch) {
  std::string block = block_of(shop());
  block.resize(block.size() - block_format::kFooterBytes - block_format::kTrailerBytes);
  block += block_format::encode_footer({}, 2);
  auto opened = open(block);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUnsupported);
  EXPECT_NE(opened.error().message.find("version 2"), std::string::npos);
}

TEST_F(BlockTest, ATraceLargerThanARowGroupIsWhole) {
  std::vector<RichSpec> specs = {{.span = {.trace = 1, .span = 1}}};
  for (uint64_t i = 0; i < 40; ++i)
    specs.push_back({.span = {.trace = 2,
                              .span = 2 + i,
                              .attributes = {{"fat", std::string(100'000, 'x')},
                                             {"n", fmt::format("{}", i)}}}});
  specs.push_back({.span = {.trace = 3, .span = 99}});
  auto block = open(block_of(specs)).value();
  EXPECT_GT(block->footer().groups, 10u);
  auto trace = collect_trace({block}, trace_id(2)).value();
  EXPECT_EQ(trace.spans.spans().size(), 40u);
  Filter last{.tags = {{"n", "39"}}};
  auto found = find_traces({block}, last, 10, clock_, testing::kNoDeadline);
  ASSERT_EQ(found.traces.size(), 1u);
  EXPECT_EQ(found.traces[0].id, trace_id(2));
  EXPECT_EQ(collect_trace({block}, trace_id(3)).value().spans.spans().size(), 1u);
}

TEST_F(BlockTest, TagFiltersSpareRowGroups) {
  std::vector<RichSpec> specs;
  for (uint64_t i = 1; i <= 400; ++i)
    specs.push_back(
        {.span = {.trace = i,
                  .span = i,
                  .attributes = {{"fat", std::string(10'000, 'x')}, {"n", fmt::format("{}", i)}}}});
  auto block = open(block_of(specs)).value();
  ASSERT_GT(block->footer().groups, 10u);
  uint64_t before = cache_.bytes();
  Filter rare{.tags = {{"n", "77"}}};
  auto found = find_traces({block}, rare, 10, clock_, testing::kNoDeadline);
  ASSERT_EQ(found.traces.size(), 1u);
  EXPECT_EQ(found.traces[0].id, trace_id(77));
  EXPECT_LT(cache_.bytes() - before, 3 * block_format::kRowGroupBytes);
}

TEST(BlockFormat, DecodersRefuseEveryCut) {
  block_format::Traces traces{.ids = {trace_id(1), trace_id(2)},
                              .min_start = {1, 2},
                              .max_start = {3, 4},
                              .first_group = {0, 0},
                              .last_group = {0, 1},
                              .spans = {1, 2}};
  std::string bytes = block_format::encode_traces(traces);
  ASSERT_EQ(block_format::decode_traces(bytes, 2)->ids, traces.ids);
  EXPECT_FALSE(block_format::decode_traces(bytes, 1));  // group 1 of 1
  std::swap(traces.ids[0], traces.ids[1]);
  EXPECT_FALSE(block_format::decode_traces(block_format::encode_traces(traces), 2));
  std::vector<OperationKey> operations = {{"s", "n", otlp::SpanKind::kServer}};
  std::string operation_bytes = block_format::encode_operations(operations);
  ASSERT_EQ(block_format::decode_operations(operation_bytes).value(), operations);
  std::string group_bytes =
      block_format::encode_groups({{.offset = 5, .stored_bytes = 5, .operations = {1, 2}}});
  ASSERT_EQ(block_format::decode_groups(group_bytes, 10)->front().operations.size(), 2u);
  EXPECT_FALSE(block_format::decode_groups(group_bytes, 9));
  for (size_t i = 0; i < bytes.size(); ++i)
    ASSERT_FALSE(block_format::decode_traces(bytes.substr(0, i), 2));
  for (size_t i = 0; i < operation_bytes.size(); ++i)
    ASSERT_FALSE(block_format::decode_operations(operation_bytes.substr(0, i)));
  for (size_t i = 0; i < group_bytes.size(); ++i)
    ASSERT_FALSE(block_format::decode_groups(group_bytes.substr(0, i), 10));
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
