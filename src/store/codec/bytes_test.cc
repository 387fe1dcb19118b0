#include "store/codec/bytes.h"

#include <gtest/gtest.h>

#include <random>

namespace clew::store::codec {
namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  encode_bytes(bytes, out);
  return out;
}

/// What the encoding of `bytes` decodes to, both ways; all of it must be read.
std::string decoded(std::string_view encoding, size_t size) {
  std::string out(size, '?');
  Decoder in(encoding);
  EXPECT_TRUE(decode_bytes(in, out));
  EXPECT_TRUE(in.done());
  Decoder again(encoding);
  std::string room;
  EXPECT_EQ(view_bytes(again, size, room), out);
  EXPECT_TRUE(again.done());
  return out;
}

std::string random_bytes(size_t size, unsigned below, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() % below);
  return bytes;
}

TEST(Bytes, OfEverySizeAndNoiseComeBack) {
  for (size_t size : {0, 1, 2, 31, 32, 33, 127, 128, 129, 1000, 4096, 32768, 300'000})
    for (unsigned below : {1, 2, 3, 16, 200, 256}) {
      std::string bytes = random_bytes(size, below, 7);
      ASSERT_EQ(decoded(encoded(bytes), size), bytes) << size << " bytes below " << below;
    }
}

TEST(Bytes, TakeTheirSmallestForm) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded(std::string(100'000, 'x')), std::string("\0x", 2));
  EXPECT_EQ(encoded("few"), "\1few");
  std::string noise = random_bytes(4096, 256, 1);
  EXPECT_EQ(encoded(noise), "\1" + noise);
  EXPECT_LT(encoded(random_bytes(4096, 2, 1)).size(), 4096u / 8 + 20);  // a bit each
  EXPECT_LT(encoded(random_bytes(4096, 16, 1)).size(), 4096u * 55 / 100);
  std::string counting(4096, '\0');  // as noisy as can be, byte by byte
  for (size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<char>(i);
  EXPECT_LT(encoded(counting).size(), 400u);
}

TEST(Bytes, AreReadOnlyWhereTheyEnd) {
  for (unsigned below : {1, 4, 256}) {
    std::string encoding = encoded(random_bytes(500, below, 3));
    std::string out(500, '\0');
    for (size_t cut = 0; cut < encoding.size(); ++cut) {
      Decoder in(std::string_view(encoding).substr(0, cut));
      ASSERT_FALSE(decode_bytes(in, out)) << cut;
      ASSERT_FALSE(in.ok());
    }
  }
}

TEST(Bytes, OfAnotherSizeAreDamage) {
  std::string encoding = encoded(random_bytes(500, 4, 3));
  for (size_t size : {499, 501}) {
    std::string out(size, '\0');
    Decoder in(encoding);
    EXPECT_FALSE(decode_bytes(in, out));
  }
}

TEST(Bytes, ThatAreNoFrameAreDamage) {
  for (std::string_view damaged : {"\2ab", "\3abc", "\5abcde", "\x10gibberish gibberish"}) {
    std::string room;
    Decoder in(damaged);
    EXPECT_EQ(view_bytes(in, 100, room), "");
    EXPECT_FALSE(in.ok());
  }
}

TEST(Varint, ComesBackAtEveryLength) {
  for (int bits = 0; bits < 64; ++bits)
    for (uint64_t number : {uint64_t{1} << bits, (uint64_t{1} << bits) - 1, UINT64_MAX >> bits}) {
      std::string out;
      put_varint(out, number);
      Decoder in(out);
      ASSERT_EQ(in.varint(), number);
      ASSERT_TRUE(in.done());
    }
}

TEST(Varint, OfMoreThan64BitsOrCutShortIsDamage) {
  for (std::string_view bytes : {"", "\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
                                 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}) {
    Decoder in(bytes);
    EXPECT_EQ(in.varint(), 0u);
    EXPECT_FALSE(in.ok());
  }
}

}  // namespace
}  // namespace clew::store::codec
