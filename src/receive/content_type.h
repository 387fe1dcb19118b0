// The media type of a request's Content-Type header.
#pragma once

#include <string>
#include <string_view>

namespace clew::receive {

/// The type in lower case, without parameters: "application/json" for
/// "Application/JSON; charset=utf-8". Source: RFC 9110, 8.3.1.
std::string media_type(std::string_view content_type);

}  // namespace clew::receive
