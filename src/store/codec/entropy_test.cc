#include "store/codec/entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "store/coding.h"

namespace clew::store::codec {
namespace {

std::string coded(std::string_view bytes) {
  std::string out;
  EntropyModel(count_bytes(bytes), bytes.size()).encode(bytes, out);
  return out;
}

/// Bytes below `below`, the lower ones more frequent.
std::string skewed_bytes(size_t size, double below) {
  std::mt19937 random(1);
  std::uniform_real_distribution<> exponent(0, 1);
  std::string bytes(size, '\0');
  for (char& byte : bytes)
    byte = static_cast<char>(static_cast<int>(std::pow(below + 1, exponent(random)) - 1));
  return bytes;
}

TEST(Entropy, OfAnyFrequenciesComesBackInTheBytesEstimated) {
  for (size_t size : {1, 2, 3, 100, 4095, 4096, 100'000})
    for (double below : {1, 2, 16, 100, 256}) {
      std::string bytes = skewed_bytes(size, below);
      std::string encoding = coded(bytes);
      std::string out(size, '?');
      ASSERT_TRUE(decode_entropy(encoding, out)) << size << " below " << below;
      ASSERT_EQ(out, bytes);
      size_t estimated = EntropyModel(count_bytes(bytes), size).estimated_bytes();
      EXPECT_NEAR(double(estimated), double(encoding.size()), 6 + double(size) / 1000);
    }
}

TEST(Entropy, OfARareByteIsAFractionOfABit) {
  std::string bytes(40'960, 'a');
  for (size_t i = 0; i < bytes.size(); i += 100) bytes[i] = 'b';
  EXPECT_LT(coded(bytes).size(), bytes.size() * 85 / 8000);  // 0.081 bits each
  bytes.assign(1'000'000, 'a');
  bytes[5] = 'b';  // rarer than the model can say
  std::string out(bytes.size(), '?');
  ASSERT_TRUE(decode_entropy(coded(bytes), out));
  EXPECT_EQ(out, bytes);
}

TEST(Entropy, OfMoreRareBytesThanTheModelHasRoomComesBack) {
  std::string bytes(1'000'000, 'a');
  for (size_t i = 0; i < 256; ++i) bytes[i * 3] = static_cast<char>(i);
  for (size_t i = 0; i < 16; ++i) bytes.replace(1000 + i * 50'000, 40'000, 40'000, char('b' + i));
  std::string out(bytes.size(), '?');
  ASSERT_TRUE(decode_entropy(coded(bytes), out));
  EXPECT_EQ(out, bytes);
}

TEST(Entropy, CutShortOrTooLongIsDamage) {
  std::string bytes = skewed_bytes(301, 10);
  std::string encoding = coded(bytes);
  std::string out(bytes.size(), '\0');
  for (size_t cut = 0; cut < encoding.size(); ++cut)
    ASSERT_FALSE(decode_entropy(encoding.substr(0, cut), out)) << cut;
  EXPECT_FALSE(decode_entropy(encoding + "x", out));
  EXPECT_FALSE(decode_entropy(encoding + "xy", out));
}

TEST(Entropy, OfWrongFrequenciesIsDamage) {
  auto with_head = [](std::string head) {
    for (int i = 0; i < 2; ++i) put(head, uint32_t{1} << 16);
    return head;
  };
  std::string out(1, '\0');
  for (std::string_view head :
       {std::string_view("\1ba\1", 4), std::string_view("\1aa\1", 4), std::string_view("\1ab\0", 4),
        std::string_view("\1ab\x80\x20", 5), std::string_view("\1ab\xff\xff\x7f", 6)})
    EXPECT_FALSE(decode_entropy(with_head(std::string(head)), out));
}

}  // namespace
}  // namespace clew::store::codec
