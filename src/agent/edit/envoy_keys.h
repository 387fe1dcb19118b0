// The attributes of Envoy's spans that normalizing knows, and looking a key up among them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace clew::agent {

enum class Key : uint8_t {
  // Envoy's
  kComponent,
  kError,
  kGrpcStatusCode,
  kMethod,
  kPeerAddress,
  kProtocol,
  kRequestSize,
  kResponseSize,
  kRetryCount,
  kStatusCode,
  kUrl,
  kUserAgent,
  // The semantic conventions'
  kHttpRequestBodySize,
  kHttpRequestMethod,
  kHttpRequestMethodOriginal,
  kHttpRequestResendCount,
  kHttpResponseBodySize,
  kHttpResponseStatusCode,
  kNetworkPeerAddress,
  kNetworkPeerPort,
  kNetworkProtocolName,
  kNetworkProtocolVersion,
  kServerAddress,
  kServerPort,
  kUrlFull,
  kUrlPath,
  kUrlQuery,
  kUrlScheme,
  kUserAgentOriginal,
  kSpanStatus,  // no attribute, but edited like one
  kNone,
};

constexpr size_t index(Key key) {
  return static_cast<size_t>(key);
}

inline constexpr std::array<std::string_view, index(Key::kSpanStatus)> kKeyNames = {
    "component",
    "error",
    "grpc.status_code",
    "http.method",
    "peer.address",
    "http.protocol",
    "request_size",
    "response_size",
    "retry.count",
    "http.status_code",
    "http.url",
    "user_agent",
    "http.request.body.size",
    "http.request.method",
    "http.request.method_original",
    "http.request.resend_count",
    "http.response.body.size",
    "http.response.status_code",
    "network.peer.address",
    "network.peer.port",
    "network.protocol.name",
    "network.protocol.version",
    "server.address",
    "server.port",
    "url.full",
    "url.path",
    "url.query",
    "url.scheme",
    "user_agent.original",
};

constexpr std::string_view name_of(Key key) {
  return kKeyNames[index(key)];
}

namespace key_detail {

constexpr int kSlotBits = 7;
using Slots = std::array<Key, size_t{1} << kSlotBits>;

/// Length, first and last character tell all names apart.
constexpr size_t slot_of(std::string_view name, uint32_t factor) {
  auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<uint8_t>(name[at])); };
  uint32_t mixed = static_cast<uint32_t>(name.size()) | byte(0) << 8 | byte(name.size() - 1) << 16;
  return mixed * factor >> (32 - kSlotBits);
}

struct Table {
  uint32_t factor;
  Slots slots;
};

/// Looks for a factor that gives each name a slot of its own.
consteval Table make_table() {
  for (uint32_t factor = 0x9E3779B1;; factor += 2) {
    Table table{factor, {}};
    table.slots.fill(Key::kNone);
    bool collides = false;
    for (size_t i = 0; i < kKeyNames.size() && !collides; ++i) {
      Key& slot = table.slots[slot_of(kKeyNames[i], factor)];
      collides = slot != Key::kNone;
      slot = static_cast<Key>(i);
    }
    if (!collides) return table;
  }
}

inline constexpr Table kTable = make_table();

/// memcmp() without the call: names are short.
inline bool equal(const char* a, const char* b, size_t size) {
  auto word = [](const char* at) {
    uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    return word;
  };
  if (size < sizeof(uint64_t)) return std::memcmp(a, b, size) == 0;
  size_t last = size - sizeof(uint64_t);
  for (size_t at = 0; at < last; at += sizeof(uint64_t))
    if (word(a + at) != word(b + at)) return false;
  return word(a + last) == word(b + last);
}

}  // namespace key_detail

/// kNone for any other.
inline Key key_of(std::string_view name) {
  if (name.empty()) return Key::kNone;
  Key key = key_detail::kTable.slots[key_detail::slot_of(name, key_detail::kTable.factor)];
  if (key == Key::kNone || name_of(key).size() != name.size() ||
      !key_detail::equal(name_of(key).data(), name.data(), name.size()))
    return Key::kNone;
  return key;
}

}  // namespace clew::agent
