#include "net/address.h"

#include <charconv>

namespace clew::net {
namespace {

/// Splits at the last colon outside brackets; what is wrong goes into the error.
struct Parts {
  std::string_view host, port;
};

Result<Parts> split(std::string_view text) {
  if (size_t scheme = text.find("://"); scheme != text.npos) {
    return fail(Code::kInvalid, "'{}': expected HOST:PORT without {}, e.g. 127.0.0.1:4317", text,
                text.substr(0, scheme + 3));
  }
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == text.npos) return fail(Code::kInvalid, "'{}': the bracket is not closed", text);
    std::string_view rest = text.substr(close + 1);
    if (!rest.starts_with(':')) {
      return fail(Code::kInvalid, "'{}': the port is missing, e.g. '{}:4317'", text,
                  text.substr(0, close + 1));
    }
    return Parts{text.substr(1, close - 1), rest.substr(1)};
  }
  size_t colon = text.rfind(':');
  if (colon == text.npos) {
    return fail(Code::kInvalid, "'{}': expected HOST:PORT, e.g. 127.0.0.1:4317", text);
  }
  if (text.find(':') != colon) {
    return fail(Code::kInvalid, "'{}': put an IPv6 address in brackets, e.g. [::1]:4317", text);
  }
  return Parts{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  if (parts->host.empty()) {
    return fail(Code::kInvalid,
                "'{}': the host is missing: 127.0.0.1 for this machine only, 0.0.0.0 for every "
                "interface",
                text);
  }
  if (parts->host.find_first_of(" \t\r\n/[]@") != parts->host.npos) {
    return fail(Code::kInvalid, "'{}': '{}' is not a host name or address", text, parts->host);
  }
  Address address{std::string(parts->host), 0};
  const char* end = parts->port.data() + parts->port.size();
  auto [rest, error] = std::from_chars(parts->port.data(), end, address.port);
  if (error != std::errc{} || rest != end) {
    return fail(Code::kInvalid, "'{}': the port must be a number from 0 to 65535", text);
  }
  return address;
}

std::string Address::to_string() const {
  bool brackets = host.find(':') != host.npos;
  return brackets ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace clew::net
