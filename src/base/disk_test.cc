#include "base/disk.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "base/disk_faulty.h"
#include "base/disk_memory.h"

namespace clew {
namespace {

enum class Kind : uint8_t { kSystem, kFaulty, kMemory };

/// All implementations keep the same promises.
class AnyDisk : public testing::TestWithParam<Kind> {
 protected:
  AnyDisk() : faulty_(1) {
    if (real()) {
      std::string name = testing::TempDir() + "/clew-disk-XXXXXX";
      directory_ = ::mkdtemp(name.data());
    }
    EXPECT_TRUE(disk().create_directories(directory_ + "/a/b"));
  }
  ~AnyDisk() override {
    if (real()) std::filesystem::remove_all(directory_);
  }

  bool real() const { return GetParam() == Kind::kSystem; }
  Disk& disk() {
    if (real()) return Disk::system();
    return GetParam() == Kind::kFaulty ? static_cast<Disk&>(faulty_) : memory_;
  }
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }

  void write(const std::string& name, std::string_view bytes) {
    auto file = disk().open_append(path(name));
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append(bytes));
    ASSERT_TRUE((*file)->sync());
  }

  FaultyDisk faulty_;
  MemoryDisk memory_{1 << 20};
  std::string directory_ = "/data";
};

std::string name_of(const testing::TestParamInfo<Kind>& info) {
  return std::array{"System", "Faulty", "Memory"}[static_cast<size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Kinds, AnyDisk,
                         testing::Values(Kind::kSystem, Kind::kFaulty, Kind::kMemory), name_of);

TEST_P(AnyDisk, ALinkIsASecondNameOfTheFile) {
  write("f", "hello");
  ASSERT_TRUE(disk().hard_link(path("f"), path("a/g")));
  ASSERT_TRUE(disk().remove(path("f")));
  auto file = disk().open_read(path("a/g"));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->read(0, (*file)->size()).value(), "hello");
  write("other", "x");
  auto taken = disk().hard_link(path("other"), path("a/g"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kInvalid);
  auto missing = disk().hard_link(path("nothing"), path("a/h"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_FALSE(disk().hard_link(path("other"), path("nowhere/h")));
}

TEST_P(AnyDisk, ACopyIsOfTheBytesThatWereAskedFor) {
  write("f", std::string(100'000, 'x') + "end");
  write("copy", "what was there before");
  auto file = disk().open_read(path("f")).value();
  ASSERT_TRUE(copy_file(disk(), *file, 100'001, path("copy")));
  auto copy = disk().open_read(path("copy")).value();
  EXPECT_EQ(copy->read(0, copy->size()).value(), std::string(100'000, 'x') + "e");
  auto missing = copy_file(disk(), *file, 200'000, path("longer"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kMalformed);
}

TEST(FaultyDisk, WithoutLinksFilesAreCopied) {
  FaultyDisk disk(1);
  ASSERT_TRUE(disk.create_directories("/d"));
  ASSERT_TRUE(disk.open_append("/d/f").value()->append("hello"));
  EXPECT_TRUE(link_or_copy(disk, "/d/f", "/d/linked").value());
  disk.refuse_links(true);
  EXPECT_FALSE(link_or_copy(disk, "/d/f", "/d/copied").value());
  ASSERT_TRUE(disk.open_append("/d/f").value()->append(" again"));
  EXPECT_EQ(disk.content("/d/linked"), "hello again");
  EXPECT_EQ(disk.content("/d/copied"), "hello");
}

TEST_P(AnyDisk, ReadsBackWhatWasAppended) {
  write("f", "hello");
  write("f", " world");
  auto file = disk().open_read(path("f"));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 11u);
  EXPECT_EQ((*file)->read(6, 5).value(), "world");
  EXPECT_EQ((*file)->read(11, 0).value(), "");
  EXPECT_EQ((*file)->read(6, 6).error().code, Code::kMalformed);
  EXPECT_EQ((*file)->read(UINT64_MAX, 1).error().code, Code::kMalformed);
}

TEST_P(AnyDisk, CutsAFile) {
  write("f", "hello");
  auto file = disk().open_append(path("f"));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 5u);
  ASSERT_TRUE((*file)->truncate(2));
  ASSERT_TRUE((*file)->append("y"));
  EXPECT_EQ((*file)->size(), 3u);
  EXPECT_EQ((*disk().open_read(path("f")))->read(0, 3).value(), "hey");
}

TEST_P(AnyDisk, ListsRenamesAndRemoves) {
  write("x", "1");
  write("y", "2");
  EXPECT_EQ(disk().list(directory_).value(), (std::vector<std::string>{"a", "x", "y"}));
  ASSERT_TRUE(disk().rename(path("x"), path("y")));
  ASSERT_TRUE(disk().sync_directory(directory_));
  EXPECT_EQ((*disk().open_read(path("y")))->read(0, 1).value(), "1");
  ASSERT_TRUE(disk().remove(path("y")));
  EXPECT_EQ(disk().list(directory_).value(), std::vector<std::string>{"a"});
  EXPECT_EQ(disk().open_read(path("y")).error().code, Code::kNotFound);
  EXPECT_EQ(disk().remove(path("y")).error().code, Code::kNotFound);
  EXPECT_EQ(disk().list(path("none")).error().code, Code::kNotFound);
}

TEST_P(AnyDisk, AnOpenFileOutlivesItsName) {
  write("f", "hello");
  auto file = disk().open_read(path("f"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(disk().remove(path("f")));
  EXPECT_EQ((*file)->read(0, 5).value(), "hello");
}

TEST_P(AnyDisk, ADirectoryIsLockedOnce) {
  auto first = disk().lock_directory(path("a"));
  ASSERT_TRUE(first);
  auto second = disk().lock_directory(path("a"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos);
  first->reset();
  EXPECT_TRUE(disk().lock_directory(path("a")));
}

TEST(FaultyDisk, APowerCutKeepsWhatWasSynced) {
  bool lost_some = false, tore_some = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    FaultyDisk disk(seed);
    ASSERT_TRUE(disk.create_directories("/d"));
    {
      auto file = disk.open_append("/d/f").value();
      ASSERT_TRUE(file->append("safe"));
      ASSERT_TRUE(file->sync());
      ASSERT_TRUE(disk.sync_directory("/d"));
      ASSERT_TRUE(file->append("unsafe"));
    }
    disk.restart();
    std::string content = disk.content("/d/f");
    ASSERT_TRUE(content.starts_with("safe"));
    lost_some |= content == "safe";
    tore_some |= content.size() > 4 && content != "safeunsafe";
  }
  EXPECT_TRUE(lost_some);
  EXPECT_TRUE(tore_some);
}

TEST(FaultyDisk, APowerCutMayUndoWhatTheDirectoryDidNotSync) {
  int kept = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    FaultyDisk disk(seed);
    ASSERT_TRUE(disk.create_directories("/d"));
    ASSERT_TRUE(disk.open_append("/d/f"));
    disk.restart();
    kept += static_cast<int>(disk.open_read("/d/f").has_value());
  }
  EXPECT_GT(kept, 10);
  EXPECT_LT(kept, 40);
}

TEST_P(AnyDisk, APrivateFileIsReplacedWhole) {
  write("f", "of someone else");
  ASSERT_TRUE(replace_private_file(disk(), path("f"), "secret"));
  ASSERT_TRUE(replace_private_file(disk(), path("f"), "new"));
  auto file = disk().open_read(path("f")).value();
  EXPECT_EQ(file->read(0, file->size()).value(), "new");
  EXPECT_EQ(disk().open_read(path("f.new")).error().code, Code::kNotFound);
  if (!real()) return;
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path("f")).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST(FaultyDisk, AFileThatIsReplacedIsOldOrNewAfterEveryCrash) {
  for (uint64_t changes = 0; changes < 12; ++changes) {
    FaultyDisk disk(changes);
    ASSERT_TRUE(disk.create_directories("/d"));
    ASSERT_TRUE(replace_private_file(disk, "/d/f", "old"));
    disk.crash_after(changes);
    bool replaced = replace_private_file(disk, "/d/f", "newer").has_value();
    disk.restart();
    std::string content = disk.content("/d/f");
    EXPECT_TRUE(content == "newer" || (!replaced && content == "old")) << changes << content;
  }
}

TEST(FaultyDisk, AFullDiskTakesWhatFitsAndRecovers) {
  FaultyDisk disk(1);
  ASSERT_TRUE(disk.create_directories("/d"));
  auto file = disk.open_append("/d/f").value();
  disk.set_capacity(3);
  EXPECT_EQ(file->append("hello").error().code, Code::kUnavailable);
  EXPECT_EQ(disk.content("/d/f"), "hel");
  disk.set_capacity(100);
  EXPECT_TRUE(file->append("p"));
}

TEST(FaultyDisk, NothingWorksBetweenTheCrashAndTheRestart) {
  FaultyDisk disk(1);
  ASSERT_TRUE(disk.create_directories("/d"));
  auto file = disk.open_append("/d/f").value();
  disk.crash_after(1);
  EXPECT_FALSE(disk.crashed());
  EXPECT_FALSE(file->append("x"));
  EXPECT_TRUE(disk.crashed());
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(disk.open_append("/d/g"));
  disk.restart();
  EXPECT_FALSE(file->append("x"));  // opened before the cut
  EXPECT_TRUE(disk.open_append("/d/g"));
}

}  // namespace
}  // namespace clew
