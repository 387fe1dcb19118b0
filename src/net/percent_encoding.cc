#include "net/percent_encoding.h"

#include <fmt/format.h>

namespace clew::net {

std::string percent_encoded(std::string_view text) {
  // What RFC 3986 calls unreserved stays.
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (char c : text)
    out += kPlain.contains(c) ? std::string(1, c)
                              : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace clew::net
