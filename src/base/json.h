// Writing JSON text by hand where a document is streamed out and building it first would cost.
#pragma once

#include <string>
#include <string_view>

namespace clew {

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, since
/// attribute values of proxies hold whatever a client sent.
void append_json_string(std::string& out, std::string_view text);

}  // namespace clew
