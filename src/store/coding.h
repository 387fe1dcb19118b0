// What the store's files are made of beside plain numbers: texts, varints, and a reader of them.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/little_endian.h"

namespace clew::store {

/// A u32 length, then the bytes.
inline void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<uint32_t>(text.size()));
  out += text;
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
inline void put_varint(std::string& out, uint64_t value) {
  char bytes[10];
  size_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
  bytes[size++] = static_cast<char>(value);
  out.append(bytes, size);
}

/// Reads bytes that may be damaged: past the end everything is zero or empty and ok() is false.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  T number() {
    std::string_view bytes = raw(sizeof(T));
    return bytes.empty() ? T{} : get<T>(bytes, 0);
  }

  std::string_view raw(size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  /// What put_varint() wrote; more than 64 bits are damage.
  uint64_t varint() {
    uint64_t value = 0;
    for (size_t i = 0; i < rest_.size() && i < 10; ++i) {
      auto byte = static_cast<uint8_t>(rest_[i]);
      if (i == 9 && byte > 1) break;
      value |= uint64_t{byte & 0x7fu} << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return ok_ ? value : 0;
      }
    }
    ok_ = false;
    return 0;
  }

  std::string_view text() { return raw(number<uint32_t>()); }

  /// A u32 count of items that take at least `item_bytes` each: more than can be there is damage,
  /// so that no damaged count makes anybody reserve memory.
  size_t count(size_t item_bytes) {
    size_t count = number<uint32_t>();
    if (count > rest_.size() / item_bytes) ok_ = false;
    return ok_ ? count : 0;
  }

  /// Everything that is left.
  std::string_view rest() { return raw(rest_.size()); }

  bool ok() const { return ok_; }
  /// What the caller found is damage.
  void fail() { ok_ = false; }
  /// True if everything was there and nothing is left.
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace clew::store
