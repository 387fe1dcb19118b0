// Where a reverse proxy has put Clew below its root: "/clew".
#pragma once

#include <string_view>

#include "net/http_message.h"

namespace clew::net {

/// Whether `text` can be one: "/a" or "/a/b", of letters, digits and `-._~`, no segment of dots
/// only, at most 256 bytes. Such a text means the same in a URL, in HTML and in a header, and never
/// names another host as "//host" would.
bool is_base_path(std::string_view text);

/// What the proxy took away from the path, as it says in X-Forwarded-Prefix; empty if it says
/// nothing, or something that is no base path.
std::string_view forwarded_prefix(const HttpRequest& request);

}  // namespace clew::net
