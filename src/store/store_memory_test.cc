#include "store/store_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "base/log.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using testing::trace_id;

constexpr UnixNanos kNow = 1'000'000'000'000'000'000;

class StoreMemory : public ::testing::Test {
 protected:
  StoreMemory() { spdlog::set_level(spdlog::level::warn); }
  ~StoreMemory() override { spdlog::set_level(spdlog::level::info); }

  void open(MemoryBounds bounds) {
    bounds_ = bounds;
    disk_ = std::make_unique<MemoryDisk>(memory_disk_bytes(bounds));
    StoreOptions options{.clock = &clock_, .threads = false};
    keep_in_memory(options, *disk_, bounds);
    auto opened = Store::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }

  Result<void> append(const otlp::Batch& batch) {
    std::optional<Result<void>> answer;
    store_->append(Tenant(), batch, [&](Result<void> result) { answer = std::move(result); });
    while (!answer && store_->pump()) {
    }
    CLEW_CHECK(answer.has_value());
    while (store_->pump()) {
    }
    return *answer;
  }

  /// `count` traces of one span with noise, which does not compress.
  otlp::Batch noise(uint64_t first, uint64_t count, size_t bytes) {
    std::vector<otlp::testing::SpanSpec> specs;
    for (uint64_t trace = first; trace < first + count; ++trace) {
      std::string text(bytes, '\0');
      for (char& c : text) c = static_cast<char>('0' + random_() % 75);
      specs.push_back({.trace = trace,
                       .span = trace,
                       .start = kNow + trace,
                       .attributes = {{"noise", std::move(text)}}});
    }
    return otlp::testing::batch_of(specs);
  }

  std::vector<FoundTrace> all() {
    return store_->find(Tenant(), testing::query({}), 1'000'000, testing::kNoDeadline).traces;
  }

  uint64_t used_bytes() {
    DiskSpace space = disk_->space("/memory").value();
    return space.total_bytes - space.free_bytes + store_->stats().head_bytes;
  }

  std::mt19937_64 random_{1};
  ManualClock clock_{kNow};
  MemoryBounds bounds_;
  std::unique_ptr<MemoryDisk> disk_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreMemory, KeepsTheNewestSpansWithinTheBound) {
  open({.spans = 4000, .bytes = 64 << 20});
  constexpr uint64_t kAll = 40'000, kBatch = 50;
  for (uint64_t trace = 1; trace <= kAll; trace += kBatch) {
    ASSERT_TRUE(append(noise(trace, kBatch, 10)));
    if (trace % 500 != 1) continue;
    auto found = all();
    ASSERT_LE(found.size(), 4000u);
    ASSERT_EQ(found.front().id, trace_id(trace + kBatch - 1));
  }
  auto found = all();
  // Not much less than allowed: a merged block goes as a whole.
  EXPECT_GE(found.size(), 4000u * 2 / 3);
  EXPECT_EQ(found.back().id, trace_id(kAll + 1 - found.size()));  // the oldest went, and only they
  EXPECT_EQ(store_->trace(Tenant(), trace_id(1)).error().code, Code::kNotFound);
  EXPECT_EQ(store_->trace(Tenant(), trace_id(kAll))->spans.spans().size(), 1u);
}

TEST_F(StoreMemory, KeepsTheNewestBytesWithinTheBound) {
  open({.spans = 1'000'000, .bytes = 4 << 20});
  constexpr uint64_t kBatch = 20;
  uint64_t last = 0;
  for (uint64_t sent = 0; sent < 10 * bounds_.bytes; sent += kBatch * 1000, last += kBatch) {
    ASSERT_TRUE(append(noise(last + 1, kBatch, 1000)));
    ASSERT_LE(used_bytes(), bounds_.bytes);
  }
  auto found = all();
  EXPECT_GE(found.size(), bounds_.bytes / 2 / 1000);
  EXPECT_EQ(found.front().id, trace_id(last));
  EXPECT_EQ(found.back().id, trace_id(last + 1 - found.size()));
}

TEST_F(StoreMemory, AnswersAsAStoreOnADiskDoes) {
  open({.spans = 100'000, .bytes = 64 << 20});
  testing::SimulatedStore on_disk;
  ASSERT_TRUE(on_disk.open());
  for (uint64_t i = 0; i < 60; ++i) {
    std::vector<testing::RichSpec> specs;
    for (uint64_t s = 0; s < 5; ++s)
      specs.push_back({.span = {.trace = 1 + random_() % 40,
                                .span = 1 + i * 5 + s,
                                .service = random_() % 2 == 0 ? "shop" : "pay",
                                .start = kNow + random_() % 1000,
                                .attributes = {{"n", std::to_string(random_() % 7)}}}});
    auto batch = testing::rich_batch(specs);
    ASSERT_TRUE(append(batch));
    ASSERT_TRUE(on_disk.append(batch));
    if (i % 20 == 0) {
      ASSERT_TRUE(store_->flush());
    }
    Filter filter{.service = i % 3 == 0 ? "pay" : ""};
    if (i % 2 == 0) filter.tags.push_back({"n", std::to_string(i % 7)});
    Query query = testing::query(filter);
    auto expected = on_disk.store->find(Tenant(), query, 15, testing::kNoDeadline);
    ASSERT_EQ(store_->find(Tenant(), query, 15, testing::kNoDeadline).traces, expected.traces);
    for (const FoundTrace& found : expected.traces)
      ASSERT_EQ(testing::contents(store_->trace(Tenant(), found.id)->spans),
                testing::contents(on_disk.store->trace(Tenant(), found.id)->spans));
  }
}

TEST_F(StoreMemory, RefusesARequestThatNoHeadTakes) {
  open({.spans = 1600, .bytes = 64 << 20});
  EXPECT_TRUE(append(noise(1, 100, 10)));
  auto spans = append(noise(1000, 101, 10));
  ASSERT_FALSE(spans);
  EXPECT_EQ(spans.error().code, Code::kTooLarge);
  auto bytes = append(noise(2000, 1, 5 << 20));
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Code::kTooLarge);
  EXPECT_TRUE(append(noise(3000, 1, 10)));
}

TEST_F(StoreMemory, MovesOnWithThreads) {
  MemoryBounds bounds{.spans = 4000, .bytes = 16 << 20};
  MemoryDisk disk(memory_disk_bytes(bounds));
  StoreOptions options;
  keep_in_memory(options, disk, bounds);
  auto store = Store::open(options).value();
  std::atomic<uint64_t> answered = 0;
  for (uint64_t trace = 1; trace <= 40'000; trace += 50)
    store->append(Tenant(), noise(trace, 50, 10), [&](const Result<void>& result) {
      // A refusal is an answer too: while a block is written not all that is sent finds room.
      answered += result || result.error().code == Code::kUnavailable ? 1 : 0;
    });
  ASSERT_TRUE(store->flush());
  store->close();
  EXPECT_EQ(answered, 800u);
}

}  // namespace
}  // namespace clew::store
