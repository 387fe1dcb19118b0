// Writing text into URLs.
#pragma once

#include <string>
#include <string_view>

namespace clew::net {

/// `text` as it may stand in one segment of a URL's path, or in its query.
std::string percent_encoded(std::string_view text);

}  // namespace clew::net
