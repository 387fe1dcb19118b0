#include "agent/journal.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/disk_faulty.h"
#include "base/disk_memory.h"
#include "base/log.h"

namespace clew::agent {
namespace {

constexpr char kDirectory[] = "/queue";

Record record_of(std::string bytes, size_t items = 1) {
  return {.signal = otlp::Signal::kTraces,
          .tenant = Tenant(),
          .bytes = SharedBytes::take(std::move(bytes)),
          .items = items};
}

/// A journal without threads on a disk that can fail.
class JournalTest : public testing::Test {
 protected:
  JournalTest() { options_.clock = &clock_; }

  void open() {
    journal_.reset();
    auto opened = Journal::open(options_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    journal_ = *std::move(opened);
  }

  void open_after_crash() {
    journal_.reset();  // nothing it does at its end reaches the disk
    disk_.restart();
    open();
  }

  /// Appends and writes at once.
  Result<Position> append(std::string bytes, size_t items = 1) {
    Result<Position> answer = fail(Code::kIo, "no answer");
    journal_->append(record_of(std::move(bytes), items), [&](Result<Position> result) {
      answer = std::move(result);
      return false;
    });
    while (journal_->pump()) {
    }
    return answer;
  }

  std::vector<std::string> read_all() {
    std::vector<std::string> texts;
    positions_.clear();
    auto reading = journal_->read(journal_->begin(), journal_->end(), 1 << 30);
    for (auto& [position, record] : reading.records) {
      texts.emplace_back(record.bytes.view());
      positions_.push_back(position);
    }
    return texts;
  }

  void done(Position position) { journal_->done({position, position + 1}); }

  std::vector<std::string> files() { return *disk_.list(kDirectory); }
  std::string path(const std::string& file) { return std::string(kDirectory) + "/" + file; }

  FaultyDisk disk_{1};
  ManualClock clock_{1'000'000'000'000};
  uint64_t salt_ = 0;
  uint64_t damaged_ = 0;
  std::map<DropReason, uint64_t> dropped_;
  JournalOptions options_{
      .directory = kDirectory,
      .max_bytes = 64 << 10,
      .disk = &disk_,
      .threads = false,
      .random = [this] { return ++salt_; },
      .dropped = [this](const ItemCounts& items, DropReason why) { dropped_[why] += items[0]; },
      .damaged = [this](uint64_t places) { damaged_ += places; }};
  std::unique_ptr<Journal> journal_;
  std::vector<Position> positions_;
};

TEST_F(JournalTest, GivesBackInOrderWhatIsNotDone) {
  open();
  for (auto text : {"a", "b", "c"}) ASSERT_TRUE(append(text).has_value());
  EXPECT_EQ(read_all(), (std::vector<std::string>{"a", "b", "c"}));
  done(positions_[1]);
  EXPECT_EQ(read_all(), (std::vector<std::string>{"a", "c"}));
}

TEST_F(JournalTest, ARestartForgetsNeitherRequestsNorWhatIsDone) {
  open();
  for (auto text : {"a", "b", "c"}) ASSERT_TRUE(append(text).has_value());
  read_all();
  done(positions_[0]);
  open();
  EXPECT_EQ(read_all(), (std::vector<std::string>{"b", "c"}));
  ASSERT_TRUE(append("d").has_value());
  EXPECT_EQ(read_all(), (std::vector<std::string>{"b", "c", "d"}));
}

TEST_F(JournalTest, WhatIsDoneIsKnownAfterAKillOnceAGroupFollowed) {
  open();
  auto first = append("a");
  ASSERT_TRUE(append("b").has_value());
  done(*first);
  ASSERT_TRUE(append("c").has_value());
  disk_.crash_after(0);
  open_after_crash();
  EXPECT_EQ(read_all(), (std::vector<std::string>{"b", "c"}));
}

TEST_F(JournalTest, ASegmentGoesWhenAllInItIsDoneAlsoFromTheMiddle) {
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(std::string(5000, 'x')).has_value());
  read_all();
  EXPECT_EQ(files().size(), 3u);
  done(positions_[1]);
  while (journal_->pump()) {
  }
  EXPECT_EQ(files().size(), 2u + 1u);  // and the one that says so
  open();
  EXPECT_EQ(read_all().size(), 2u);
  done(positions_[0]);
  done(positions_[1]);
  journal_->close();
  EXPECT_TRUE(files().empty());
}

TEST_F(JournalTest, SegmentsThatOnlySayWhatIsDoneGoToo) {
  open();
  for (auto text : {"a", "b"}) ASSERT_TRUE(append(text).has_value());
  open();
  read_all();
  for (Position position : positions_) {
    done(position);
    EXPECT_TRUE(journal_->pump());
  }
  journal_->close();
  EXPECT_TRUE(files().empty());
}

TEST_F(JournalTest, RefusesAtItsBoundAndTakesAgainWhenSomethingIsDone) {
  open();
  size_t taken = 0;
  Result<Position> last;
  while ((last = append(std::string(5000, 'x')))) ++taken;
  EXPECT_EQ(taken, 12u);  // 64 KiB
  EXPECT_EQ(last.error().code, Code::kUnavailable);
  EXPECT_TRUE(last.error().retry_after.has_value());
  EXPECT_LE(disk_.used_bytes(), options_.max_bytes);
  read_all();
  done(positions_[0]);
  EXPECT_TRUE(append(std::string(5000, 'x')).has_value());
  EXPECT_EQ(append(std::string(options_.max_bytes, 'x')).error().code, Code::kTooLarge);
}

TEST_F(JournalTest, DropsTheOldestToMakeRoomAndCountsThem) {
  options_.overflow = Overflow::kDropOldest;
  open();
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(append(std::to_string(i) + std::string(5000, 'x'), /*items=*/10).has_value());
  auto left = read_all();
  EXPECT_EQ(left.size(), 12u);
  EXPECT_TRUE(left.back().starts_with("29x"));
  EXPECT_EQ(dropped_[DropReason::kOverflow], 10 * (30 - left.size()));
  EXPECT_LE(disk_.used_bytes(), options_.max_bytes);
}

TEST_F(JournalTest, DroppedSegmentsOfAnEarlierRunAreCountedByReadingThem) {
  options_.overflow = Overflow::kDropOldest;
  open();
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(append(std::string(5000, 'x'), 10).has_value());
  read_all();
  done(positions_[0]);
  open();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(append(std::string(5000, 'x'), 10).has_value());
  EXPECT_EQ(dropped_[DropReason::kOverflow], 10 * (15 - read_all().size()));
}

TEST_F(JournalTest, AFullDiskRefusesAndIsUsedAgainWhenItHasSpace) {
  open();
  ASSERT_TRUE(append("before").has_value());
  disk_.set_capacity(disk_.used_bytes() + 10);
  EXPECT_EQ(append("does not fit").error().code, Code::kUnavailable);
  EXPECT_TRUE(journal_->refuses());
  disk_.set_capacity(1 << 20);
  EXPECT_FALSE(append("too soon").has_value());
  clock_.advance(std::chrono::seconds(2));
  EXPECT_TRUE(append("after").has_value());
  EXPECT_EQ(read_all(), (std::vector<std::string>{"before", "after"}));
}

TEST_F(JournalTest, WhatIsReadAndDoneTakesNoSpaceAnyMore) {
  for (bool full_before_reading : {true, false}) {
    MemoryDisk disk(2000);  // smaller than a segment; counts what is removed and still open
    options_.disk = &disk;
    open();
    auto fill = [&] {
      while (append(std::string(500, 'x'))) {
      }
    };
    ASSERT_TRUE(append("first").has_value());
    if (full_before_reading) fill();
    EXPECT_GE(read_all().size(), 1u);
    fill();
    journal_->done({0, journal_->end()});
    while (journal_->pump()) {
    }
    clock_.advance(std::chrono::seconds(1));
    EXPECT_TRUE(append(std::string(1000, 'y')).has_value());  // more than was free
    journal_.reset();
  }
}

TEST_F(JournalTest, OnAFullDiskTheOldestMakeRoom) {
  options_.overflow = Overflow::kDropOldest;
  open();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(append(std::string(5000, 'x'), 10).has_value());
  disk_.set_capacity(disk_.used_bytes() + 100);
  ASSERT_TRUE(append(std::string(5000, 'y'), 10).has_value());
  auto left = read_all();
  EXPECT_TRUE(left.back().starts_with("y"));
  EXPECT_EQ(dropped_[DropReason::kDiskFull], 10 * (5 - left.size()));
}

TEST_F(JournalTest, FromMemoryEverythingIsAcknowledgedAndALossIsCounted) {
  options_.durability = Durability::kMemory;
  open();
  disk_.set_capacity(0);
  EXPECT_TRUE(append("lost", 7).has_value());
  EXPECT_EQ(dropped_[DropReason::kWriteFailed], 7u);
}

TEST_F(JournalTest, RefusesADirectoryThatIsTaken) {
  open();
  auto second = Journal::open(options_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
}

TEST_F(JournalTest, RefusesAnotherVersion) {
  open();
  ASSERT_TRUE(append("a").has_value());
  journal_->close();
  auto name = frames::parse_name(files()[0]).value_or(frames::SegmentName{});
  disk_.overwrite(path(files()[0]), frames::encode_header({queue_format::kFile.magic, 9}, name));
  EXPECT_EQ(Journal::open(options_).error().code, Code::kUnsupported);
}

TEST_F(JournalTest, DamageAnywhereCostsWhatItHits) {
  open();
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(append("request " + std::to_string(i)).has_value());
  // A second segment, so that the end of the first is not the unfinished end of the queue.
  open();
  ASSERT_TRUE(append("last").has_value());
  journal_->close();
  std::map<std::string, std::string> whole;
  for (const std::string& file : files()) whole[file] = disk_.content(path(file));
  ASSERT_EQ(whole.size(), 2u);
  const auto& [first, content] = *whole.begin();
  for (size_t at = frames::kHeaderBytes; at < content.size(); ++at) {
    journal_.reset();
    for (const std::string& file : files()) ASSERT_TRUE(disk_.remove(path(file)).has_value());
    for (const auto& [file, bytes] : whole) {
      ASSERT_TRUE(disk_.open_append(path(file)).has_value());
      disk_.overwrite(path(file), bytes);
    }
    std::string bytes = content;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    disk_.overwrite(path(first), bytes);
    damaged_ = 0;
    open();
    ASSERT_EQ(read_all().size(), 8u) << at;
    ASSERT_EQ(damaged_, 1u) << at;
  }
}

TEST_F(JournalTest, ADiskThatCannotReadASegmentDoesNotStopTheOthers) {
  open();
  for (auto text : {"a", "b"}) ASSERT_TRUE(append(text).has_value());
  disk_.fail_reads(true);
  EXPECT_TRUE(read_all().empty());
  EXPECT_EQ(damaged_, 1u);
  disk_.fail_reads(false);
  open();
  EXPECT_EQ(read_all(), (std::vector<std::string>{"a", "b"}));
}

/// One life after the other of an agent on one disk, each ended by a crash at a random point.
class Lives {
 public:
  explicit Lives(uint64_t seed) : random_(seed), disk_(seed) {}

  void run(int lives) {
    for (int life = 0; life < lives; ++life) {
      live();
      disk_.restart();
    }
    disk_.crash_after(std::numeric_limits<uint64_t>::max() / 2);
    auto journal = open();
    ASSERT_NE(journal, nullptr);
    drain(*journal);
    for (const std::string& text : acknowledged_)
      ASSERT_TRUE(delivered_.contains(text)) << text << " was acknowledged and is gone";
    journal->close();
    ASSERT_TRUE(disk_.list(kDirectory)->empty());
  }

 private:
  std::unique_ptr<Journal> open() {
    auto opened = Journal::open({.directory = kDirectory,
                                 .max_bytes = 16 << 10,
                                 .disk = &disk_,
                                 .clock = &clock_,
                                 .threads = false,
                                 .random = [this] { return random_(); }});
    return opened ? *std::move(opened) : nullptr;
  }

  void live() {
    disk_.crash_after(5 + random_() % 120);
    auto journal = open();
    if (!journal) return;
    Position next = journal->begin();
    // A queue that is full of what is on its way changes nothing any more, so lives have an end.
    for (int step = 0; step < 500 && !disk_.crashed(); ++step) {
      switch (random_() % 4) {
        case 0:
        case 1:
          append(*journal);
          break;
        case 2:
          journal->pump();
          break;
        case 3:
          deliver(*journal, next);
          break;
      }
      clock_.advance(std::chrono::milliseconds(random_() % 400));
    }
    disk_.crash_after(0);
    journal.reset();
  }

  void append(Journal& journal) {
    std::string text = std::to_string(++sent_) + std::string(random_() % 900, 'x');
    accepted_.insert(text);
    journal.append(record_of(text), [this, text](Result<Position> position) {
      // After the crash nobody hears the answer.
      if (position && !disk_.crashed()) acknowledged_.insert(text);
      return false;
    });
  }

  void deliver(Journal& journal, Position& next) {
    auto reading = journal.read(next, journal.end(), 1 + random_() % 2000);
    next = reading.next;
    for (auto& [position, record] : reading.records) {
      std::string text(record.bytes.view());
      ASSERT_TRUE(accepted_.contains(text)) << "nobody sent " << text;
      if (random_() % 8 == 0) continue;  // on its way when the crash comes
      delivered_.insert(text);
      journal.done({position, position + 1});
    }
  }

  void drain(Journal& journal) {
    Position next = journal.begin();
    while (next < journal.end()) {
      auto reading = journal.read(next, journal.end(), 1 << 20);
      ASSERT_GT(reading.next, next);
      next = reading.next;
      for (auto& [position, record] : reading.records) {
        delivered_.insert(std::string(record.bytes.view()));
        ASSERT_TRUE(accepted_.contains(std::string(record.bytes.view())));
        journal.done({position, position + 1});
      }
    }
    ASSERT_EQ(journal.read(journal.begin(), journal.end(), 1 << 20).records.size(), 0u);
  }

  std::mt19937_64 random_;
  FaultyDisk disk_;
  ManualClock clock_{1'000'000'000'000};
  uint64_t sent_ = 0;
  std::set<std::string> accepted_, acknowledged_, delivered_;
};

TEST(JournalCrash, NothingAcknowledgedIsLostAndNothingIsInvented) {
  spdlog::level::level_enum level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  for (uint64_t seed = 1; seed <= 3000 && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Lives(seed).run(4);
  }
  spdlog::set_level(level);
}

}  // namespace
}  // namespace clew::agent
