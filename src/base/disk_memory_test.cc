#include "base/disk_memory.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

uint64_t free_bytes(MemoryDisk& disk) {
  return disk.space("/d").value().free_bytes;
}

TEST(MemoryDisk, HoldsAsManyBytesAsItHas) {
  MemoryDisk disk(1'000'000);
  ASSERT_TRUE(disk.create_directories("/d"));
  auto file = disk.open_append("/d/f").value();
  ASSERT_TRUE(file->append(std::string(999'999, 'x')));
  auto refused = file->append("yy");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(file->size(), 999'999u);
  ASSERT_TRUE(file->append("y"));
  EXPECT_EQ(free_bytes(disk), 0u);
  EXPECT_FALSE(file->append("z"));
  ASSERT_TRUE(file->truncate(10));
  EXPECT_EQ(free_bytes(disk), 999'990u);
}

TEST(MemoryDisk, ReadsAcrossItsChunks) {
  MemoryDisk disk(10'000'000);
  ASSERT_TRUE(disk.create_directories("/d"));
  auto file = disk.open_append("/d/f").value();
  std::string content;
  for (int i = 0; i < 200'000; ++i) content += std::to_string(i) + ",";
  for (size_t at = 0; at < content.size(); at += 77'777) {
    ASSERT_TRUE(file->append(std::string_view(content).substr(at, 77'777)));
  }
  auto read = disk.open_read("/d/f").value();
  EXPECT_EQ(read->read(0, content.size()).value(), content);
  constexpr size_t kChunk = 256 << 10;
  for (size_t from : {size_t{0}, kChunk - 1, kChunk, kChunk + 1, 2 * kChunk - 3})
    EXPECT_EQ(read->read(from, kChunk + 2).value(), content.substr(from, kChunk + 2)) << from;
  ASSERT_TRUE(file->truncate(kChunk));
  EXPECT_EQ(read->size(), kChunk);
  ASSERT_TRUE(file->append("end"));
  EXPECT_EQ(read->read(kChunk - 1, 4).value(), content.substr(kChunk - 1, 1) + "end");
}

TEST(MemoryDisk, WhatIsRemovedCountsUntilNobodyReadsIt) {
  MemoryDisk disk(100);
  ASSERT_TRUE(disk.create_directories("/d"));
  ASSERT_TRUE(disk.open_append("/d/f").value()->append(std::string(60, 'x')));
  auto reader = disk.open_read("/d/f").value();
  ASSERT_TRUE(disk.remove("/d/f"));
  EXPECT_EQ(free_bytes(disk), 40u);
  EXPECT_EQ(reader->read(0, 60).value(), std::string(60, 'x'));
  reader.reset();
  EXPECT_EQ(free_bytes(disk), 100u);
}

TEST(MemoryDisk, ReplacingAFileGivesItsBytesBack) {
  MemoryDisk disk(100);
  ASSERT_TRUE(disk.create_directories("/d"));
  ASSERT_TRUE(disk.open_append("/d/old").value()->append(std::string(60, 'x')));
  ASSERT_TRUE(disk.open_append("/d/new").value()->append("new"));
  ASSERT_TRUE(disk.rename("/d/new", "/d/old"));
  EXPECT_EQ(free_bytes(disk), 97u);
  EXPECT_EQ(disk.list("/d").value(), std::vector<std::string>{"old"});
}

TEST(MemoryDisk, RemovesOnlyEmptyDirectories) {
  MemoryDisk disk(100);
  ASSERT_TRUE(disk.create_directories("/d/a"));
  ASSERT_TRUE(disk.open_append("/d/a/f"));
  EXPECT_EQ(disk.list("/d").value(), std::vector<std::string>{"a"});
  EXPECT_EQ(disk.remove("/d/a").error().code, Code::kIo);
  ASSERT_TRUE(disk.remove("/d/a/f"));
  ASSERT_TRUE(disk.remove("/d/a"));
  EXPECT_EQ(disk.list("/d/a").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace clew
