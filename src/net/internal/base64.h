// Base64 with padding, for HTTP's basic authentication. Source: RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clew::net {

std::string to_base64(std::string_view bytes);

/// nullopt for anything but whole, padded groups.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace clew::net
