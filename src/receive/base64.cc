#include "receive/base64.h"

#include <array>
#include <cstdint>

namespace clew::receive {
namespace {

constexpr std::array<int8_t, 256> make_values() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
  values['-'] = 62;
  values['_'] = 63;
  return values;
}

constexpr std::array<int8_t, 256> kValues = make_values();

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
  if (digits != text.size() && text.size() % 4 != 0) return std::nullopt;
  if (digits % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(digits * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : text.substr(0, digits)) {
    int8_t value = kValues[static_cast<uint8_t>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return out;
}

}  // namespace clew::receive
