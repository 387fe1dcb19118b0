#include "receive/attribute_writer.h"

#include <bit>
#include <cstring>
#include <protozero/varint.hpp>

namespace clew::receive {
namespace {

namespace f = otlp::fields;
using protozero::pbf_wire_type;

size_t varint_size(uint64_t number) {
  return number < 0x80 ? 1 : static_cast<size_t>(protozero::length_of_varint(number));
}

size_t text_size(std::string_view text) {
  return 1 + varint_size(text.size()) + text.size();
}

/// Size of the AnyValue.
size_t size_of(const otlp::Value& value) {
  using enum otlp::ValueType;
  switch (value.type()) {
    case kString:
    case kBytes:
      return text_size(value.as_bytes());
    case kBool:
      return 2;
    case kInt:
      return 1 + varint_size(static_cast<uint64_t>(value.as_int()));
    case kDouble:
      return 1 + sizeof(double);
    default:
      return 0;
  }
}

/// Writes fields to memory that is known to be large enough.
class FieldWriter {
 public:
  explicit FieldWriter(char* at) : at_(at) {}

  /// Tags are less than 16, so that the head is one byte.
  void head(f::Tag tag, pbf_wire_type type) {
    *at_++ = static_cast<char>(tag << 3 | static_cast<uint32_t>(type));
  }
  void varint(uint64_t number) {
    for (; number >= 0x80; number >>= 7) *at_++ = static_cast<char>(number | 0x80);
    *at_++ = static_cast<char>(number);
  }
  void message(f::Tag tag, size_t size) {
    head(tag, pbf_wire_type::length_delimited);
    varint(size);
  }
  void text(f::Tag tag, std::string_view text) {
    message(tag, text.size());
    at_ += text.copy(at_, text.size());
  }
  void real(f::Tag tag, double number) {
    static_assert(std::endian::native == std::endian::little);
    head(tag, pbf_wire_type::fixed64);
    std::memcpy(at_, &number, sizeof(number));
  }
  void any_value(const otlp::Value& value) {
    using enum otlp::ValueType;
    switch (value.type()) {
      case kString:
        return text(f::any_value::kString, value.as_bytes());
      case kBytes:
        return text(f::any_value::kBytes, value.as_bytes());
      case kBool:
        head(f::any_value::kBool, pbf_wire_type::varint);
        return varint(value.as_bool());
      case kInt:
        head(f::any_value::kInt, pbf_wire_type::varint);
        return varint(static_cast<uint64_t>(value.as_int()));
      case kDouble:
        return real(f::any_value::kDouble, value.as_double());
      default:
        return;
    }
  }

 private:
  char* at_;
};

}  // namespace

void add_attribute(std::string& out, f::Tag tag, std::string_view key, const otlp::Value& value) {
  size_t value_size = size_of(value);
  size_t size = text_size(key) + 1 + varint_size(value_size) + value_size;
  size_t begin = out.size();
  size_t end = begin + 1 + varint_size(size) + size;
  out.resize_and_overwrite(end, [&](char* text, size_t) {
    FieldWriter writer(text + begin);
    writer.message(tag, size);
    writer.text(f::key_value::kKey, key);
    writer.message(f::key_value::kValue, value_size);
    writer.any_value(value);
    return end;
  });
}

}  // namespace clew::receive
