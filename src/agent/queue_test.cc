#include "agent/queue.h"

#include <gtest/gtest.h>

#include "base/disk_faulty.h"

namespace clew::agent {
namespace {

using namespace std::chrono_literals;

constexpr size_t kRecordBytes = 1000;

/// A queue without threads, in memory or on a disk that can fail.
class QueueTest : public testing::Test {
 protected:
  void open() {
    queue_.reset();
    queue_ = Queue::open(options_, "test", [this] { ++changes_; }).value();
  }
  void open_on_disk() {
    options_.directory = "/queue";
    open();
  }

  Result<void> push(char text = 'x', size_t bytes = kRecordBytes) {
    Result<void> answer = fail(Code::kIo, "no answer");
    queue_->push({.bytes = SharedBytes::take(std::string(bytes, text)), .items = 1},
                 [&](Result<void> result) { answer = std::move(result); });
    while (queue_->pump()) {
    }
    return answer;
  }

  /// Everything there is, first characters only.
  std::string pop_all() {
    std::string texts;
    while (auto batch = queue_->pop(now_, /*flush=*/true)) {
      for (size_t at = 0; at < batch->bytes.size(); at += kRecordBytes)
        texts += batch->bytes.view()[at];
      queue_->done(*batch);
    }
    return texts;
  }

  FaultyDisk disk_{1};
  QueueOptions options_{.max_bytes = 10 * kRecordBytes,
                        .batch = {.batch_bytes = kRecordBytes, .batch_timeout = 10ms},
                        .disk = &disk_,
                        .threads = false};
  SteadyTime now_ = std::chrono::steady_clock::now() + 1h;
  int changes_ = 0;
  std::unique_ptr<Queue> queue_;
};

TEST_F(QueueTest, InMemoryRefusesPastItsBoundAndTakesAgainWhenFreed) {
  open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(push().has_value());
  EXPECT_EQ(push().error().code, Code::kUnavailable);
  auto batch = queue_->pop(now_, false);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(push().error().code, Code::kUnavailable);  // it is in flight
  ASSERT_TRUE(queue_->retry(*batch, now_ + 1h));
  EXPECT_EQ(push().error().code, Code::kUnavailable);  // it waits for a retry
  queue_->retry_now();
  queue_->done(*queue_->pop(now_, false));
  EXPECT_TRUE(push().has_value());
  EXPECT_EQ(push('x', options_.max_bytes + 1).error().code, Code::kTooLarge);
}

TEST_F(QueueTest, InMemoryDropsTheOldestFirstThoseThatFailedBefore) {
  options_.overflow = Overflow::kDropOldest;
  open();
  for (char text = 'a'; text < 'a' + 10; ++text) ASSERT_TRUE(push(text).has_value());
  ASSERT_TRUE(queue_->retry(*queue_->pop(now_, true), now_ + 1h));  // a
  auto in_flight = queue_->pop(now_, true);                         // b
  ASSERT_TRUE(push('y').has_value());
  ASSERT_TRUE(push('z').has_value());
  EXPECT_EQ(pop_all(), "defghijyz");
  queue_->done(*in_flight);
  EXPECT_TRUE(queue_->empty());
}

TEST_F(QueueTest, OneSlowBatchBlocksNobody) {
  open();
  for (char text = 'a'; text < 'd'; ++text) ASSERT_TRUE(push(text).has_value());
  auto slow = queue_->pop(now_, false);
  EXPECT_EQ(pop_all(), "bc");
  EXPECT_FALSE(queue_->empty());
  queue_->done(*slow);
  EXPECT_TRUE(queue_->empty());
}

TEST_F(QueueTest, WhileTheOtherSideKeepsUpTheDiskIsOnlyWrittenTo) {
  options_.max_bytes = 1 << 20;
  open_on_disk();
  disk_.fail_reads(true);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(push().has_value());
    EXPECT_EQ(pop_all(), "x");
  }
  EXPECT_GT(changes_, 0);
}

TEST_F(QueueTest, MemoryIsBoundedAndTheRestIsReadBackInOrder) {
  options_.max_bytes = 1 << 20;
  options_.memory_bytes = 8 * kRecordBytes;
  open_on_disk();
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += static_cast<char>('A' + i % 50);
    ASSERT_TRUE(push(all.back()).has_value());
    ASSERT_LE(queue_->items(), 4u);
  }
  EXPECT_EQ(pop_all(), all);
  ASSERT_TRUE(push('!').has_value());  // and from memory again
  disk_.fail_reads(true);
  EXPECT_EQ(pop_all(), "!");
}

TEST_F(QueueTest, WhatWasNotDeliveredIsHandedOutAgainAfterARestart) {
  options_.max_bytes = 1 << 20;
  open_on_disk();
  for (char text : {'a', 'b', 'c'}) ASSERT_TRUE(push(text).has_value());
  queue_->done(*queue_->pop(now_, false));
  auto lost = queue_->pop(now_, false);
  open();
  EXPECT_FALSE(queue_->empty());
  EXPECT_EQ(pop_all(), "bc");
  queue_->close();
  EXPECT_TRUE(disk_.list("/queue")->empty());
}

TEST_F(QueueTest, OnDiskWhatWasDroppedIsNotSentAgain) {
  options_.max_bytes = 64 << 10;
  options_.memory_bytes = 8 * kRecordBytes;
  options_.overflow = Overflow::kDropOldest;
  open_on_disk();
  ASSERT_TRUE(push('a').has_value());
  auto in_flight = queue_->pop(now_, false);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(push('b').has_value());
  EXPECT_FALSE(queue_->retry(*in_flight, now_));  // its segment made room
  std::string left = pop_all();
  EXPECT_EQ(left.find('a'), std::string::npos);
  EXPECT_GT(left.size(), 50u);
  EXPECT_LT(left.size(), 100u);
}

TEST_F(QueueTest, AHandfulOfBatchesKnocksAtADoorThatIsShut) {
  options_.max_bytes = 1 << 20;
  open();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(push().has_value());
  int failed = 0;
  while (auto batch = queue_->pop(now_, false)) {
    ASSERT_TRUE(queue_->retry(*std::move(batch), now_ + 1h));
    ++failed;
  }
  EXPECT_EQ(failed, 64);
}

}  // namespace
}  // namespace clew::agent
