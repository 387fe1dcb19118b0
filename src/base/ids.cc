#include "base/ids.h"

#include <xxhash.h>

#include "base/hex.h"

namespace clew {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex_text(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(2 * bytes.size(), '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<uint8_t>(bytes[i]);
    out[2 * i] = kDigits[byte >> 4];
    out[2 * i + 1] = kDigits[byte & 15];
  }
  return out;
}

template <size_t Size>
std::optional<Id<Size>> Id<Size>::from_hex(std::string_view hex) {
  if (hex.empty() || hex.size() > 2 * Size) return std::nullopt;
  Id id;
  size_t nibble = 2 * Size - hex.size();
  for (char c : hex) {
    int value = hex_value(c);
    if (value < 0) return std::nullopt;
    id.bytes[nibble / 2] |= static_cast<uint8_t>(nibble % 2 == 0 ? value << 4 : value);
    ++nibble;
  }
  return id;
}

template <size_t Size>
std::string Id<Size>::hex() const {
  return hex_text({reinterpret_cast<const char*>(bytes.data()), Size});
}

template struct Id<16>;
template struct Id<8>;

size_t IdHash::mix(const uint8_t* bytes, size_t size) {
  return XXH3_64bits(bytes, size);
}

}  // namespace clew
