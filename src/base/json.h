// Writing JSON text by hand where a document is streamed out and building it first would cost.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clew {

/// Length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
/// Source: Unicode 15, table 3-7 (no overlong forms, no surrogates, nothing past U+10FFFF).
size_t utf8_length(std::string_view text);

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, since
/// attribute values of proxies hold whatever a client sent.
void append_json_string(std::string& out, std::string_view text);

}  // namespace clew
