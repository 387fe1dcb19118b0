// Bytes as hex digits.
#pragma once

#include <string>
#include <string_view>

namespace clew {

/// `bytes` as lower-case hex digits, two of them a byte.
std::string hex_text(std::string_view bytes);

}  // namespace clew
