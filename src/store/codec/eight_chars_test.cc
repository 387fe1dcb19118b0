#include "store/codec/eight_chars.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace clew::store::codec {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_letter(char c) {
  return c >= 'a' && c <= 'f';
}

/// Calls `check` with every character at every place, among others at random.
template <typename F>
void for_each_char(F&& check) {
  std::mt19937 random(1);
  for (int c = 0; c < 256; ++c)
    for (size_t place = 0; place < 8; ++place) {
      std::string text(8, '\0');
      for (char& other : text) other = static_cast<char>(random());
      text[place] = static_cast<char>(c);
      check(text);
    }
}

TEST(EightChars, AreToldApartAsOneByOne) {
  for_each_char([](const std::string& text) {
    EightChars chars = load8(text.data());
    for (size_t i = 0; i < 8; ++i) {
      ASSERT_EQ((no_digits(chars) >> (8 * i + 7) & 1) == 0, is_digit(text[i]));
      ASSERT_EQ((no_hex_letters(chars) >> (8 * i + 7) & 1) == 0, is_hex_letter(text[i]));
    }
    for (uint8_t limit : {1, 4, 128}) {
      bool any = false;
      for (char c : text) any |= static_cast<uint8_t>(c) < limit;
      ASSERT_EQ(any_below(chars, limit), any);
    }
  });
}

TEST(EightChars, AreHexIfAllAre) {
  std::string hex = "09afbc12";
  EXPECT_TRUE(are_hex(load8(hex.data())));
  EXPECT_EQ(hex_value(load8(hex.data())), 0x12bcaf09u);  // the first byte is the lowest
  for (char other : {'g', '/', ':', '`', 'A', 'F', '-', '\0', '\x80', '\xb0', '\xe1'})
    for (size_t i = 0; i < 8; ++i) {
      std::string text = hex;
      text[i] = other;
      EXPECT_FALSE(are_hex(load8(text.data()))) << i;
    }
}

TEST(EightChars, AreTheirNumber) {
  for (size_t digits = 1; digits <= 8; ++digits)
    for (std::string_view text : {"00000000", "12345678", "99999999", "90000001"}) {
      std::string padded(text.substr(0, digits));
      uint64_t number = std::stoull(padded);
      padded.append(8 - digits, 'x');
      EXPECT_EQ(decimal_value(load8(padded.data()), digits), number);
    }
}

}  // namespace
}  // namespace clew::store::codec
