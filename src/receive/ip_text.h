// IP addresses that come as bytes, as text.
#pragma once

#include <string>
#include <string_view>

namespace clew::receive {

/// "10.0.0.1" for 4 bytes, "2001:db8::1" for 16, in network order; empty for any other length and
/// for an address of zeros.
std::string ip_text(std::string_view raw);

}  // namespace clew::receive
