// Writing thrift's two protocols, as far as Jaeger's batches need them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clew::load {

/// Types of values by their numbers in the binary protocol.
enum class ThriftType : uint8_t {
  kI32 = 8,
  kI64 = 10,
  kText = 11,
  kStruct = 12,
  kList = 15,
};

/// TBinaryProtocol.
class ThriftBinaryWriter {
 public:
  explicit ThriftBinaryWriter(std::string& out) : out_(out) {}

  void call(std::string_view method) {
    fixed<uint32_t>(0x8001'0004);  // version 1, one-way
    bytes(method);
    fixed<uint32_t>(0);
  }
  /// Writes a struct's field; `last_id` is that of the field before it, 0 if there is none.
  void field(ThriftType type, int16_t id, int16_t) {
    out_ += static_cast<char>(type);
    fixed(static_cast<uint16_t>(id));
  }
  void stop() { out_ += '\0'; }
  void structs(size_t size) {
    out_ += static_cast<char>(ThriftType::kStruct);
    fixed(static_cast<uint32_t>(size));
  }
  void bytes(std::string_view text) {
    fixed(static_cast<uint32_t>(text.size()));
    out_ += text;
  }
  void i32(int32_t number) { fixed(static_cast<uint32_t>(number)); }
  void i64(int64_t number) { fixed(static_cast<uint64_t>(number)); }

 private:
  template <typename T>
  void fixed(T number) {
    for (int shift = 8 * (sizeof(T) - 1); shift >= 0; shift -= 8)
      out_ += static_cast<char>(number >> shift);
  }

  std::string& out_;
};

/// TCompactProtocol.
class ThriftCompactWriter {
 public:
  explicit ThriftCompactWriter(std::string& out) : out_(out) {}

  void call(std::string_view method) {
    out_ += "\x82\x81";  // version 1, one-way
    varint(0);
    bytes(method);
  }
  void field(ThriftType type, int16_t id, int16_t last_id) { head(number_of(type), id, last_id); }
  void stop() { out_ += '\0'; }
  void structs(size_t size) {
    uint8_t type = number_of(ThriftType::kStruct);
    if (size < 15) {
      out_ += static_cast<char>(size << 4 | type);
    } else {
      out_ += static_cast<char>(0xF0 | type);
      varint(size);
    }
  }
  void bytes(std::string_view text) {
    varint(text.size());
    out_ += text;
  }
  void i32(int32_t number) { i64(number); }
  void i64(int64_t number) {
    varint(static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63));
  }

 private:
  static uint8_t number_of(ThriftType type) {
    switch (type) {
      case ThriftType::kI32:
        return 5;
      case ThriftType::kI64:
        return 6;
      case ThriftType::kText:
        return 8;
      case ThriftType::kList:
        return 9;
      default:
        return 12;
    }
  }
  /// IDs here rise by less than 16.
  void head(uint8_t type, int16_t id, int16_t last_id) {
    out_ += static_cast<char>((id - last_id) << 4 | type);
  }
  void varint(uint64_t number) {
    for (; number >= 0x80; number >>= 7) out_ += static_cast<char>(number | 0x80);
    out_ += static_cast<char>(number);
  }

  std::string& out_;
};

}  // namespace clew::load
