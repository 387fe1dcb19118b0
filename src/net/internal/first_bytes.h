// Which protocol a client speaks, by the first bytes that it sends.
#pragma once

#include <cstddef>
#include <string_view>

namespace clew::net {

enum class FirstBytes {
  kHttp1,   // or nothing that we know
  kHttp2,   // as gRPC's clients begin
  kTooFew,  // so far it could be either
};

struct Sniffed {
  FirstBytes verdict;
  size_t needed = 0;  // kTooFew: so many bytes, at least, say more
};

/// Bytes that are looked at in one go, at most: a TLS record with its head.
inline constexpr size_t kSniffedBytes = 5 + (16 << 10);

/// Of a connection without TLS: HTTP/2 begins with its preface. Source: RFC 9113, 3.4.
Sniffed sniff_plain(std::string_view bytes);

/// Of one with TLS: a ClientHello whose ALPN offers `h2` and not `http/1.1`. Clients that offer
/// both can do with HTTP/1.1. A hello in several records counts as HTTP/1.1. Source: RFC
/// 8446, 4.1.2 and 5.1; RFC 7301.
Sniffed sniff_tls(std::string_view bytes);

}  // namespace clew::net
