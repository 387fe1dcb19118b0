#include "base/frame_format.h"

#include <gtest/gtest.h>

namespace clew::frames {
namespace {

constexpr FileKind kKind{.magic = "CLEWLOG\n", .version = 1};
constexpr SegmentName kName{.first = 7, .salt = 0x1234567890abcdef};

std::string frame(Position position, std::string_view label, std::string_view payload,
                  uint64_t salt = kName.salt) {
  return encode_frame_header(salt, position, label, payload) + std::string(label) +
         std::string(payload);
}

std::string segment_of_three() {
  return encode_header(kKind, kName) + frame(7, "anonymous", "first") +
         frame(8, "t", "the second one") + frame(9, "anonymous", "");
}

struct Read {
  std::vector<std::string> records;
  size_t damaged;
  size_t whole_bytes;
};

Read read(std::string_view segment) {
  FrameReader reader(segment, kName.salt);
  Read result;
  while (auto frame = reader.next())
    result.records.push_back(
        fmt::format("{} {} {}", frame->position, frame->label, frame->payload));
  result.damaged = reader.damaged();
  result.whole_bytes = reader.whole_bytes();
  return result;
}

const std::vector<std::string> kThree = {"7 anonymous first", "8 t the second one", "9 anonymous "};

TEST(FrameFormat, NamesSegments) {
  EXPECT_EQ(format_name(kName), "0000000000000007-1234567890abcdef.log");
  auto parsed = parse_name("0000000000000007-1234567890abcdef.log");
  EXPECT_EQ(parsed.value_or(SegmentName{}).first, kName.first);
  EXPECT_EQ(parsed.value_or(SegmentName{}).salt, kName.salt);
  for (auto name :
       {"", "LOCK", "0000000000000007-1234567890abcdef.tmp",
        "0000000000000007_1234567890abcdef.log", "000000000000000g-1234567890abcdef.log"})
    EXPECT_FALSE(parse_name(name)) << name;
}

TEST(FrameFormat, ReadsBackWhatItWrote) {
  std::string segment = segment_of_three();
  EXPECT_EQ(check_header(kKind, segment, kName.salt), HeaderState::kWhole);
  Read result = read(segment);
  EXPECT_EQ(result.records, kThree);
  EXPECT_EQ(result.damaged, 0u);
  EXPECT_EQ(result.whole_bytes, segment.size());
}

TEST(FrameFormat, ANewerVersionIsNotTakenForDamage) {
  std::string segment = encode_header(kKind, kName);
  segment[8] = 2;
  EXPECT_EQ(check_header(kKind, segment, kName.salt),
            HeaderState::kDamaged);  // the checksum says no
  EXPECT_EQ(check_header(kKind, encode_header({kKind.magic, 2}, kName), kName.salt),
            HeaderState::kOtherVersion);
}

TEST(FrameFormat, ACutSegmentLosesTheCutFrameOnly) {
  std::string segment = segment_of_three();
  size_t header = kHeaderBytes;
  size_t second = header + kFrameHeaderBytes + 14, third = second + kFrameHeaderBytes + 15;
  for (size_t size = 0; size < segment.size(); ++size) {
    Read result = read(std::string_view(segment).substr(0, size));
    size_t whole = size < second ? 0 : size < third ? 1 : 2;
    ASSERT_EQ(result.records, std::vector(kThree.begin(), kThree.begin() + whole)) << size;
    ASSERT_EQ(result.damaged, 0u) << size;
    ASSERT_LE(result.whole_bytes, size);
  }
}

TEST(FrameFormat, AFlippedBitLosesItsFrameOnly) {
  const std::string segment = segment_of_three();
  for (size_t bit = 0; bit < 8 * segment.size(); ++bit) {
    std::string damaged = segment;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    Read result = read(damaged);
    if (bit / 8 < kHeaderBytes) {
      ASSERT_EQ(result.records, kThree);
      ASSERT_EQ(check_header(kKind, damaged, kName.salt), HeaderState::kDamaged);
      continue;
    }
    ASSERT_EQ(result.records.size(), 2u) << bit;
    for (const auto& record : result.records)
      ASSERT_NE(std::ranges::find(kThree, record), kThree.end()) << record;
    bool last = result.records.back() == kThree[1];
    ASSERT_EQ(result.damaged, last ? 0u : 1u);
    ASSERT_EQ(last, result.whole_bytes < segment.size());
  }
}

TEST(FrameFormat, AForgedFrameInsideADamagedRequestIsNotFound) {
  std::string forged = frame(100, "victim", "forged", /*salt=*/0);
  std::string segment =
      encode_header(kKind, kName) + frame(7, "a", "xx" + forged + "yy") + frame(8, "a", "good");
  EXPECT_EQ(read(segment).records.size(), 2u);
  segment[kHeaderBytes] ^= 1;  // the outer frame's magic
  Read result = read(segment);
  EXPECT_EQ(result.records, std::vector<std::string>{"8 a good"});
  EXPECT_EQ(result.damaged, 1u);
}

}  // namespace
}  // namespace clew::frames
