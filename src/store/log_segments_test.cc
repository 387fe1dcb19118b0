#include "store/log_segments.h"

#include <gtest/gtest.h>

#include <future>

#include "base/disk_faulty.h"

namespace clew::store {
namespace {

class LogSegmentsTest : public testing::Test {
 protected:
  LogSegmentsOptions options(bool threads = false) {
    return {.directory = "/log",
            .disk = &disk_,
            .clock = &clock_,
            .segment_bytes = segment_bytes_,
            .first_position = first_position_,
            .threads = threads,
            .random = [this] { return ++salt_; }};
  }

  /// Opens, and replays into records_.
  void open() {
    log_.reset();
    records_.clear();
    auto log = LogSegments::open(options());
    ASSERT_TRUE(log) << log.error().message;
    log_ = std::move(*log);
    auto replayed =
        log_->replay(from_, [this](LogPosition at, const Tenant&, const SharedBytes& bytes) {
          records_.push_back(fmt::format("{} {}", at, bytes.view()));
        });
    ASSERT_TRUE(replayed) << replayed.error().message;
  }

  /// Queues a record; its answer is appended to answers_: the position, or the error's message.
  void queue(std::string payload) {
    log_->append(Tenant(), SharedBytes::take(std::move(payload)), [this](auto position) {
      answers_.push_back(position ? fmt::format("{}", *position) : position.error().message);
      if (!position) last_code_ = position.error().code;
    });
  }

  std::string append(std::string payload) {
    size_t before = answers_.size();
    queue(std::move(payload));
    log_->pump();
    return answers_.size() > before ? answers_.back() : "no answer";
  }

  std::string only_segment() {
    auto names = disk_.list("/log").value();
    EXPECT_EQ(names.size(), 1u);
    return "/log/" + names.front();
  }

  FaultyDisk disk_{1};
  ManualClock clock_{5'000'000'000};
  uint64_t segment_bytes_ = 1 << 20;
  LogPosition first_position_ = 0, from_ = 0;
  uint64_t salt_ = 0;
  std::unique_ptr<LogSegments> log_;
  std::vector<std::string> records_, answers_;
  Code last_code_ = Code::kInvalid;
};

using Strings = std::vector<std::string>;

TEST_F(LogSegmentsTest, ReplaysWhatWasAppended) {
  open();
  EXPECT_EQ(append("a"), "0");
  EXPECT_EQ(append("b"), "1");
  open();
  EXPECT_EQ(records_, (Strings{"0 a", "1 b"}));
  EXPECT_EQ(append("c"), "2");
  from_ = 1;
  open();
  EXPECT_EQ(records_, (Strings{"1 b", "2 c"}));
  EXPECT_EQ(log_->damaged(), 0u);
}

TEST_F(LogSegmentsTest, OneSyncServesAllThatWaited) {
  open();
  append("open the segment");
  uint64_t before = disk_.changes();
  for (int i = 0; i < 100; ++i) queue("x");
  EXPECT_TRUE(log_->pump());
  EXPECT_FALSE(log_->pump());
  EXPECT_EQ(answers_.size(), 101u);
  EXPECT_EQ(disk_.changes() - before, 2u);  // one write, one sync
}

TEST_F(LogSegmentsTest, AnAcknowledgedRecordSurvivesAPowerCut) {
  open();
  append("a");
  queue("queued, not written");
  disk_.restart();
  open();
  EXPECT_EQ(records_, Strings{"0 a"});
}

TEST_F(LogSegmentsTest, BeginsNewSegmentsAndGivesUpOldOnes) {
  segment_bytes_ = 100;
  open();
  for (int i = 0; i < 10; ++i) append(std::string(100, 'x'));
  EXPECT_EQ(disk_.list("/log")->size(), 10u);
  EXPECT_EQ(log_->size_bytes(), disk_.used_bytes());
  ASSERT_TRUE(log_->truncate(4));
  EXPECT_EQ(disk_.list("/log")->size(), 6u);
  ASSERT_TRUE(log_->truncate(100));
  EXPECT_EQ(disk_.list("/log")->size(), 1u);  // the last one stays: it knows the next position
  EXPECT_EQ(log_->size_bytes(), disk_.used_bytes());
  open();
  EXPECT_EQ(records_.size(), 1u);
  EXPECT_EQ(append("next"), "10");
}

TEST_F(LogSegmentsTest, AFullDiskRefusesAndRecovers) {
  open();
  append("a");
  disk_.set_capacity(disk_.used_bytes() + 10);
  EXPECT_NE(append("does not fit in").find("no space left"), std::string::npos);
  EXPECT_EQ(last_code_, Code::kUnavailable);
  EXPECT_TRUE(log_->failing());
  EXPECT_TRUE(log_->refuses());
  queue("refused at once");
  EXPECT_NE(answers_.back().find("the last write failed"), std::string::npos);
  disk_.set_capacity(1 << 20);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(log_->refuses());
  EXPECT_EQ(append("b"), "2");
  EXPECT_FALSE(log_->failing());
  open();
  EXPECT_EQ(records_, (Strings{"0 a", "2 b"}));
  EXPECT_EQ(log_->damaged(), 0u);
}

TEST_F(LogSegmentsTest, AFailedSyncRefusesTheWholeGroup) {
  open();
  append("a");
  disk_.fail_syncs(1);
  queue("b");
  queue("c");
  log_->pump();
  EXPECT_NE(answers_[1].find("sync"), std::string::npos);
  EXPECT_NE(answers_[2].find("sync"), std::string::npos);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(append("d"), "3");
  open();
  EXPECT_EQ(records_, (Strings{"0 a", "3 d"}));
}

TEST_F(LogSegmentsTest, AClockThatIsSetBackDoesNotProlongTheRefusal) {
  open();
  disk_.fail_writes(1);
  append("a");
  EXPECT_TRUE(log_->refuses());
  clock_ = ManualClock(1'000'000'000);
  EXPECT_FALSE(log_->refuses());
}

TEST_F(LogSegmentsTest, CutsATornTail) {
  open();
  append("a");
  std::string path = only_segment();
  std::string good = disk_.content(path);
  append("b");
  std::string torn = disk_.content(path);
  torn.pop_back();
  log_.reset();
  disk_.overwrite(path, torn);
  open();
  EXPECT_EQ(records_, Strings{"0 a"});
  EXPECT_EQ(log_->damaged(), 0u);
  EXPECT_EQ(disk_.content(path), good);
  EXPECT_EQ(append("c"), "1");
}

TEST_F(LogSegmentsTest, ADamagedFrameCostsThatFrame) {
  open();
  for (const char* payload : {"first", "second", "third"}) append(payload);
  std::string path = only_segment();
  std::string content = disk_.content(path);
  content[content.find("second")] ^= 1;
  log_.reset();
  disk_.overwrite(path, content);
  open();
  EXPECT_EQ(records_, (Strings{"0 first", "2 third"}));
  EXPECT_EQ(log_->damaged(), 1u);
  EXPECT_EQ(append("d"), "3");
}

TEST_F(LogSegmentsTest, ADamagedEndOfAnOlderSegmentCutsNothingOffTheNewest) {
  segment_bytes_ = 100;
  open();
  append(std::string(100, 'x'));
  append(std::string(300, 'y'));
  log_.reset();
  auto names = disk_.list("/log").value();
  ASSERT_EQ(names.size(), 2u);
  std::string older = "/log/" + names[0], newest = "/log/" + names[1];
  std::string content = disk_.content(older);
  disk_.overwrite(older, content.substr(0, content.size() - 1));
  std::string kept = disk_.content(newest);
  open();
  EXPECT_EQ(records_, Strings{"1 " + std::string(300, 'y')});
  EXPECT_EQ(log_->damaged(), 1u);
  EXPECT_EQ(disk_.content(newest), kept);
}

TEST_F(LogSegmentsTest, ASegmentOfAnotherVersionIsRefused) {
  open();
  append("a");
  std::string path = only_segment();
  auto name = frames::parse_name(path.substr(path.rfind('/') + 1)).value_or(frames::SegmentName{});
  log_.reset();
  disk_.overwrite(path, frames::encode_header({kLogFile.magic, 99}, name));
  auto log = LogSegments::open(options());
  ASSERT_TRUE(log);
  auto replayed = (*log)->replay(0, [](auto, const auto&, const auto&) {});
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, Code::kUnsupported);
  EXPECT_NE(replayed.error().message.find("another version"), std::string::npos);
}

TEST_F(LogSegmentsTest, PositionsStartWhereTheBlocksEnd) {
  first_position_ = 42;
  open();
  EXPECT_EQ(append("a"), "42");
  first_position_ = 0;
  open();
  EXPECT_EQ(append("b"), "43");
}

TEST_F(LogSegmentsTest, RefusesWhatNoFrameHolds) {
  open();
  queue(std::string(limits::kDecompressedBytes + 1, 'x'));
  EXPECT_EQ(last_code_, Code::kTooLarge);
  EXPECT_EQ(append(std::string(limits::kDecompressedBytes, 'x')), "0");
}

TEST_F(LogSegmentsTest, ClosingFinishesWhatIsQueued) {
  open();
  queue("a");
  log_->close();
  EXPECT_EQ(answers_, Strings{"0"});
  queue("b");
  EXPECT_EQ(last_code_, Code::kUnavailable);
}

TEST_F(LogSegmentsTest, MemoryDurabilityAcknowledgesBeforeTheWrite) {
  auto opts = options();
  opts.durability = Durability::kMemory;
  log_ = LogSegments::open(opts).value();
  disk_.fail_writes(1);
  EXPECT_EQ(append("lost"), "0");
  EXPECT_TRUE(log_->failing());
}

TEST_F(LogSegmentsTest, ManyThreadsAppendAndEachIsAnsweredOnceInOrder) {
  auto log = LogSegments::open(options(/*threads=*/true)).value();
  std::mutex mutex;
  std::vector<LogPosition> positions;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        log->append(Tenant(), SharedBytes::copy("payload"), [&](Result<LogPosition> position) {
          std::lock_guard lock(mutex);
          positions.push_back(position.value());
        });
    });
  for (auto& thread : threads) thread.join();
  log->close();
  ASSERT_EQ(positions.size(), 2000u);
  for (size_t i = 0; i < positions.size(); ++i) ASSERT_EQ(positions[i], i);
}

}  // namespace
}  // namespace clew::store
