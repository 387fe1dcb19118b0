#include "store/codec/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace clew::store::codec {
namespace {

using Numbers = std::vector<uint64_t>;

std::string encoded(const Numbers& numbers) {
  std::string out;
  encode_numbers(numbers, out);
  return out;
}

Numbers decoded(std::string_view encoding, size_t count) {
  Numbers out(count, 42);
  Decoder in(encoding);
  EXPECT_TRUE(decode_numbers(in, out));
  EXPECT_TRUE(in.done());
  return out;
}

TEST(Numbers, OfEveryWidthAndCountComeBack) {
  std::mt19937_64 random(1);
  for (int bits = 1; bits <= 64; ++bits)
    for (size_t count : {0, 1, 2, 15, 16, 17, 100, 4096}) {
      Numbers numbers(count);
      for (uint64_t& number : numbers) number = random() >> (64 - bits);
      ASSERT_EQ(decoded(encoded(numbers), count), numbers) << count << " of " << bits << " bits";
      for (uint64_t& number : numbers) number = UINT64_MAX - (random() >> (64 - bits));
      ASSERT_EQ(decoded(encoded(numbers), count), numbers) << count << " of " << bits << " bits";
    }
}

TEST(Numbers, AtTheEndsOfTheirRangeComeBack) {
  for (const Numbers& numbers :
       {Numbers{0}, Numbers{UINT64_MAX}, Numbers{0, UINT64_MAX}, Numbers(100, UINT64_MAX),
        Numbers(100, 0), Numbers{255, 256}, Numbers{UINT64_MAX - 255, UINT64_MAX}})
    EXPECT_EQ(decoded(encoded(numbers), numbers.size()), numbers);
}

TEST(Numbers, TakeNoMoreThanTheyVary) {
  EXPECT_EQ(encoded({}), "");
  EXPECT_EQ(encoded(Numbers(4096, 0)).size(), 1u);
  EXPECT_LE(encoded(Numbers(4096, UINT64_MAX)).size(), 11u);
  Numbers near(4096);  // 64 values far from zero: 6 bits each, and the smallest once
  for (size_t i = 0; i < near.size(); ++i) near[i] = (uint64_t{1} << 60) + i * i * 31 % 64;
  EXPECT_LE(encoded(near).size(), 4096u * 7 / 8);
}

TEST(Numbers, ThatAreCutShortAreDamage) {
  Numbers numbers(100);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = 1'000'000 + i * i * i;
  std::string encoding = encoded(numbers);
  for (size_t cut = 0; cut < encoding.size(); ++cut) {
    Decoder in(std::string_view(encoding).substr(0, cut));
    ASSERT_FALSE(decode_numbers(in, numbers)) << cut;
  }
}

TEST(Numbers, OfMoreThanEightPlanesAreDamage) {
  for (unsigned char head : {0x09, 0x20, 0x19, 0xff}) {
    std::string encoding(1, static_cast<char>(head));
    encoding += std::string(40, '\0');
    Numbers out(3);
    Decoder in(encoding);
    EXPECT_FALSE(decode_numbers(in, out)) << int{head};
  }
}

TEST(Zigzag, MakesSmallDifferencesSmallNumbers) {
  EXPECT_EQ(zigzag(0), 0u);
  EXPECT_EQ(zigzag(uint64_t(-1)), 1u);
  EXPECT_EQ(zigzag(1), 2u);
  for (uint64_t number : {uint64_t{0}, uint64_t{7}, uint64_t(-7), uint64_t{1} << 63, UINT64_MAX})
    EXPECT_EQ(unzigzag(zigzag(number)), number);
}

}  // namespace
}  // namespace clew::store::codec
