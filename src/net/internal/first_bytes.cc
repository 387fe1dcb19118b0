#include "net/internal/first_bytes.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace clew::net {
namespace {

/// What no request of HTTP/1 begins with.
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

constexpr size_t kRecordHead = 5;
constexpr uint8_t kHandshake = 22, kClientHello = 1;
constexpr uint16_t kAlpn = 16;
constexpr size_t kVersionAndRandom = 2 + 32;

/// Reads numbers and lists from the front of a message of TLS. What is not there reads as nothing.
class TlsBytes {
 public:
  explicit TlsBytes(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  std::optional<size_t> number(size_t size) {
    if (bytes_.size() < size) return std::nullopt;
    size_t value = 0;
    for (char byte : bytes_.substr(0, size)) value = value << 8 | static_cast<uint8_t>(byte);
    bytes_.remove_prefix(size);
    return value;
  }

  std::optional<TlsBytes> take(size_t size) {
    if (bytes_.size() < size) return std::nullopt;
    TlsBytes front(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return front;
  }

  /// What stands behind its size in `size_bytes`.
  std::optional<TlsBytes> list(size_t size_bytes) {
    auto size = number(size_bytes);
    return size ? take(*size) : std::nullopt;
  }

  std::string_view view() const { return bytes_; }

 private:
  std::string_view bytes_;
};

/// The protocols that the extension of that name offers: h2 and not http/1.1.
bool offers_only_http2(TlsBytes alpn) {
  auto names = alpn.list(2);
  bool http2 = false, http1 = false;
  while (names && !names->empty()) {
    auto name = names->list(1);
    if (!name) break;
    http2 = http2 || name->view() == "h2";
    http1 = http1 || name->view() == "http/1.1";
  }
  return http2 && !http1;
}

bool is_http2_hello(TlsBytes handshake) {
  if (handshake.number(1) != kClientHello) return false;
  auto hello = handshake.list(3);
  if (!hello || !hello->take(kVersionAndRandom)) return false;
  // Session ID, cipher suites, compression methods.
  for (size_t size_bytes : {1, 2, 1})
    if (!hello->list(size_bytes)) return false;
  auto extensions = hello->list(2);
  while (extensions && !extensions->empty()) {
    auto type = extensions->number(2);
    auto content = extensions->list(2);
    if (!type || !content) return false;
    if (*type == kAlpn) return offers_only_http2(*content);
  }
  return false;
}

}  // namespace

Sniffed sniff_plain(std::string_view bytes) {
  if (bytes.starts_with(kPreface)) return {FirstBytes::kHttp2};
  if (!kPreface.starts_with(bytes)) return {FirstBytes::kHttp1};
  return {FirstBytes::kTooFew, bytes.size() + 1};  // a whole request may be shorter than it
}

Sniffed sniff_tls(std::string_view bytes) {
  TlsBytes record(bytes);
  auto type = record.number(1);
  if (type && *type != kHandshake) return {FirstBytes::kHttp1};
  auto version = record.number(2);
  auto size = record.number(2);
  if (!version || !size) return {FirstBytes::kTooFew, kRecordHead};
  if (kRecordHead + *size > kSniffedBytes) return {FirstBytes::kHttp1};
  auto handshake = record.take(*size);
  if (!handshake) return {FirstBytes::kTooFew, kRecordHead + *size};
  return {is_http2_hello(*handshake) ? FirstBytes::kHttp2 : FirstBytes::kHttp1};
}

}  // namespace clew::net
