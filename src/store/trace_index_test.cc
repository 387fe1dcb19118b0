#include "store/trace_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace clew::store {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

/// Bytes as a file that counts how often it is read.
class MemoryFile : public ReadFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::string> read(uint64_t offset, size_t size) const override {
    ++reads;
    if (offset + size > bytes_.size()) return fail(Code::kMalformed, "the file ends");
    return bytes_.substr(offset, size);
  }
  uint64_t size() const override { return bytes_.size(); }

  mutable size_t reads = 0;

 private:
  std::string bytes_;
};

TraceId id_of(uint64_t left, uint64_t right) {
  TraceId id;
  std::memcpy(id.bytes.data(), &left, 8);
  std::memcpy(id.bytes.data() + 8, &right, 8);
  return id;
}

std::vector<TraceId> random_ids(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<TraceId> ids(count);
  for (TraceId& id : ids) id = id_of(random(), random());
  return ids;
}

/// The index behind some other bytes, as it stands in a block.
struct Index {
  explicit Index(const std::vector<TraceId>& ids)
      : bytes(build_trace_index(ids)), file("before" + bytes + "behind") {}

  std::vector<uint32_t> look_up(const TraceId& id) const {
    auto numbers = look_up_trace(file, 6, bytes.size(), id);
    EXPECT_TRUE(numbers.has_value());
    return numbers ? *numbers : std::vector<uint32_t>();
  }

  std::string bytes;
  MemoryFile file;
};

TEST(TraceIndex, FindsEveryTraceByAboutOneRead) {
  for (size_t count : {1, 2, 3, 500, 800, 1000, 5000, 100'000}) {
    std::vector<TraceId> ids = random_ids(count, count);
    Index index(ids);
    ASSERT_TRUE(verify_trace_index(index.bytes).has_value());
    for (size_t i = 0; i < count; ++i) ASSERT_THAT(index.look_up(ids[i]), Contains(i));
    EXPECT_LE(index.file.reads, count * 5 / 4);
    EXPECT_LT(index.bytes.size(), 4096 + count * 57 / 10);
  }
}

TEST(TraceIndex, FindsByTheRightHalf) {
  std::vector<TraceId> ids = {id_of(1, 7), id_of(2, 8), id_of(3, 7)};
  Index index(ids);
  EXPECT_THAT(index.look_up(id_of(0, 7)), ::testing::ElementsAre(0, 2));
}

TEST(TraceIndex, RarelyFindsWhatIsNotThere) {
  Index index(random_ids(50'000, 1));
  size_t found = 0;
  for (const TraceId& id : random_ids(10'000, 2)) found += index.look_up(id).size();
  EXPECT_LT(found, 250u);  // at most 816 entries of 65,536 in each page: 1.2 %
}

TEST(TraceIndex, OfNothingFindsNothing) {
  Index index({});
  EXPECT_EQ(index.bytes, "");
  EXPECT_THAT(index.look_up(id_of(1, 2)), IsEmpty());
  EXPECT_TRUE(verify_trace_index("").has_value());
}

TEST(TraceIndex, OfIdsThatMeetInOnePageCostsOnlyThatPage) {
  std::vector<TraceId> ids = random_ids(20'000, 3);
  for (uint64_t i = 0; i < 20'000; ++i) ids.push_back(id_of(i, 42));
  Index index(ids);
  EXPECT_TRUE(verify_trace_index(index.bytes).has_value());
  EXPECT_GE(index.look_up(id_of(0, 42)).size(), 20'000u);
  size_t far = 0;
  for (size_t i = 0; i < 20'000; ++i) {
    index.file.reads = 0;
    ASSERT_THAT(index.look_up(ids[i]), Contains(i));
    far += index.file.reads > 1 ? 1 : 0;
  }
  EXPECT_LT(far, 20'000u / 40);  // of about 50 pages
}

TEST(TraceIndex, ThatIsDamagedSaysSo) {
  std::vector<TraceId> ids = random_ids(100, 4);
  std::string bytes = build_trace_index(ids);
  ASSERT_EQ(bytes.size(), 4096u);
  for (size_t at = 0; at < bytes.size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    auto numbers = look_up_trace(MemoryFile(damaged), 0, damaged.size(), ids[0]);
    ASSERT_FALSE(numbers.has_value()) << at;
    ASSERT_EQ(numbers.error().code, Code::kMalformed);
    ASSERT_FALSE(verify_trace_index(damaged).has_value());
  }
  EXPECT_FALSE(verify_trace_index(bytes.substr(1)).has_value());
  EXPECT_FALSE(look_up_trace(MemoryFile(bytes), 0, 4095, ids[0]).has_value());
  EXPECT_FALSE(look_up_trace(MemoryFile(bytes), 8, 4096, ids[0]).has_value());
}

}  // namespace
}  // namespace clew::store
