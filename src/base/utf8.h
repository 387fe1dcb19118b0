// Text as UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace clew {

/// The first `bytes` of the text at most, without half a character at their end.
inline std::string_view cut_utf8(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<uint8_t>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace clew
