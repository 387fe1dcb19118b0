// Base64 as JSON senders write it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clew::receive {

/// Decodes the standard and the URL-safe alphabet, with padding or without it (RFC 4648, 4 and 5;
/// protobuf's JSON form allows all of these). nullopt for any other character, a length that cannot
/// be, or padding that does not fill the last group.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace clew::receive
