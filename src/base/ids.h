// Trace and span IDs as raw bytes. Source: W3C Trace Context, opentelemetry-proto trace.proto.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace clew {

/// `Size` bytes in network order; all zero means "none" (W3C: invalid).
template <size_t Size>
struct Id {
  std::array<uint8_t, Size> bytes{};

  /// Copies exactly `Size` raw bytes; nullopt for any other length.
  static std::optional<Id> from_raw(std::string_view raw) {
    if (raw.size() != Size) return std::nullopt;
    Id id;
    std::memcpy(id.bytes.data(), raw.data(), Size);
    return id;
  }

  /// Reads hex in either case. Fewer digits than 2 * Size are padded with zeros on the left, as
  /// 64-bit Zipkin trace IDs need; none, too many or a non-hex digit give nullopt.
  static std::optional<Id> from_hex(std::string_view hex);

  /// 2 * Size lower-case hex digits.
  std::string hex() const;

  std::string_view raw() const { return {reinterpret_cast<const char*>(bytes.data()), Size}; }
  bool is_zero() const { return bytes == std::array<uint8_t, Size>{}; }
  auto operator<=>(const Id&) const = default;
};

using TraceId = Id<16>;
using SpanId = Id<8>;

extern template struct Id<16>;
extern template struct Id<8>;

/// Hash for tables keyed by ID. IDs may be chosen by a client, so all bytes are mixed.
struct IdHash {
  template <size_t Size>
  size_t operator()(const Id<Size>& id) const {
    return mix(id.bytes.data(), Size);
  }

 private:
  static size_t mix(const uint8_t* bytes, size_t size);
};

}  // namespace clew
