// Where to listen or connect: a host and a port, as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::net {

/// A host (name or IP literal, without brackets) and a port; port 0 asks the system for a free one.
struct Address {
  std::string host;
  uint16_t port = 0;

  /// Reads "127.0.0.1:4317", "[::1]:4317", "localhost:0". Fails with kInvalid, saying what is
  /// wrong; a missing host is an error, since guessing between loopback and every interface is
  /// dangerous.
  static Result<Address> parse(std::string_view text);

  /// The form that parse() reads, IPv6 literals in brackets.
  std::string to_string() const;

  bool operator==(const Address&) const = default;
};

}  // namespace clew::net
