#include "agent/batcher.h"

#include <gtest/gtest.h>

namespace clew::agent {
namespace {

using namespace std::chrono_literals;

Record record_of(std::string_view bytes, const char* tenant = "anonymous",
                 otlp::Signal signal = otlp::Signal::kTraces) {
  return {.signal = signal,
          .tenant = *Tenant::parse(tenant),
          .bytes = SharedBytes::copy(bytes),
          .items = 1};
}

TEST(Batcher, WaitsForTheTimeoutOrTheSize) {
  Batcher batcher({.batch_bytes = 4, .batch_timeout = 10ms});
  SteadyTime start{};
  EXPECT_TRUE(batcher.push(record_of("ab"), {}, start));
  EXPECT_FALSE(batcher.pop(start + 9ms, false).has_value());
  EXPECT_EQ(batcher.ready_at(), start + 10ms);
  EXPECT_TRUE(batcher.push(record_of("cd"), {}, start + 1ms));  // it is full now
  auto batch = batcher.pop(start + 1ms, false);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->bytes.view(), "abcd");
  EXPECT_EQ(batch->items, 2u);
  EXPECT_TRUE(batcher.empty());
  EXPECT_EQ(batcher.bytes(), 0u);
}

TEST(Batcher, SendersWhoTakeTurnsDoNotCutEachOthersBatches) {
  Batcher batcher({.batch_bytes = 100, .batch_timeout = 10ms});
  SteadyTime now{};
  Position position = 0;
  for (auto name : {"a", "b", "c"}) {
    batcher.push(record_of(name, "first"), position++, now);
    batcher.push(record_of(name, "second"), position++, now);
    batcher.push(record_of(name, "first", otlp::Signal::kLogs), position++, now);
  }
  auto batch = batcher.pop(now, /*flush=*/true);
  EXPECT_EQ(batch->bytes.view(), "abc");
  EXPECT_EQ(batch->positions, (std::vector<PositionRange>{{0, 1}, {3, 4}, {6, 7}}));
  EXPECT_EQ(batcher.pop(now, true)->bytes.view(), "abc");
  batch = batcher.pop(now, true);
  EXPECT_EQ(batch->bytes.view(), "abc");
  EXPECT_FALSE(batcher.pop(now, true).has_value());
}

TEST(Batcher, ARequestLargerThanABatchGoesAlone) {
  Batcher batcher({.batch_bytes = 2});
  SteadyTime now{};
  batcher.push(record_of("large"), 7, now);
  batcher.push(record_of("x"), 8, now);
  EXPECT_EQ(batcher.pop(now, false)->bytes.view(), "large");
  EXPECT_EQ(batcher.pop(now, true)->positions, (std::vector<PositionRange>{{8, 9}}));
}

TEST(Batcher, DropsWhatWouldBeSentFirst) {
  Batcher batcher({.batch_bytes = 100});
  SteadyTime now{};
  batcher.push(record_of("old"), {}, now);
  batcher.push(record_of("new"), {}, now + 1ms);
  EXPECT_EQ(batcher.drop_first().bytes.view(), "old");
  EXPECT_EQ(batcher.bytes(), 3u);
}

}  // namespace
}  // namespace clew::agent
