// Snappy as HTTP clients send it: a raw block, or framed.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace clew::net {

/// Bytes that `input` says it decompresses to; nullopt if it is neither form of Snappy or claims
/// more than Snappy can make of so few bytes.
std::optional<size_t> snappy_size(std::string_view input);

/// Decompresses to `out`, which has snappy_size() bytes; false for damage. Checksums of the framed
/// form are checked. Source: google/snappy, format_description.txt and framing_format.txt.
bool snappy_decode(std::string_view input, char* out);

}  // namespace clew::net
