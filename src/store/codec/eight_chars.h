// Eight characters at once, in one number: what texts are searched and cut with.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace clew::store::codec {

/// Eight characters; the first is the lowest byte.
using EightChars = uint64_t;

constexpr EightChars every_char(uint8_t c) {
  return uint64_t{0x0101010101010101} * c;
}

inline EightChars load8(const char* text) {
  EightChars chars;
  std::memcpy(&chars, text, sizeof chars);
  return chars;
}

/// The highest bit of each character that is no decimal digit.
constexpr uint64_t no_digits(EightChars chars) {
  // Digits are 0 to 9 then: the highest bit stays zero when 0x76 is added.
  uint64_t values = chars ^ every_char('0');
  return (((values & every_char(0x7f)) + every_char(0x76)) | values) & every_char(0x80);
}

/// The highest bit of each character that is none of a to f.
constexpr uint64_t no_hex_letters(EightChars chars) {
  uint64_t values = chars ^ every_char(0x60);  // 1 to 6 then
  uint64_t low = values & every_char(0x7f);
  return ((low + every_char(0x79)) | values | ~(low + every_char(0x7f))) & every_char(0x80);
}

/// Whether all eight are lower-case hex digits.
constexpr bool are_hex(EightChars chars) {
  return (no_digits(chars) & no_hex_letters(chars)) == 0;
}

/// Whether one of them is below `limit`, which is at most 128.
constexpr bool any_below(EightChars chars, uint8_t limit) {
  return ((chars - every_char(limit)) & ~chars & every_char(0x80)) != 0;
}

/// The four bytes that eight lower-case hex digits stand for.
constexpr uint32_t hex_value(EightChars chars) {
  uint64_t nibbles = (chars & every_char(0x0f)) + 9 * (chars >> 6 & every_char(1));
  uint64_t bytes = (nibbles << 4 | nibbles >> 8) & 0x00ff00ff00ff00ff;
  bytes = (bytes | bytes >> 8) & 0x0000ffff0000ffff;
  return static_cast<uint32_t>(bytes | bytes >> 16);
}

/// The number that the first `digits` (1 to 8) characters stand for, which are decimal digits.
constexpr uint64_t decimal_value(EightChars chars, size_t digits) {
  uint64_t values = (chars ^ every_char('0')) << (8 * (8 - digits));  // zeros in front
  values = (values * 10 + (values >> 8)) & 0x00ff00ff00ff00ff;
  values = (values * 100 + (values >> 16)) & 0x0000ffff0000ffff;
  return (values * 10'000 + (values >> 32)) & 0xffffffff;
}

}  // namespace clew::store::codec
