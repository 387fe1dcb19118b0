#include "otlp/attribute_writer.h"

#include <bit>
#include <cstring>
#include <protozero/varint.hpp>

namespace clew::otlp {
namespace {

namespace av = fields::any_value;
using fields::Tag;
using protozero::pbf_wire_type;

size_t varint_size(uint64_t number) {
  return number < 0x80 ? 1 : static_cast<size_t>(protozero::length_of_varint(number));
}

/// Size of a length-delimited field with a one-byte tag.
size_t field_size(size_t content) {
  return 1 + varint_size(content) + content;
}

/// Size of the AnyValue.
size_t size_of(const Value& value) {
  using enum ValueType;
  switch (value.type()) {
    case kString:
    case kBytes:
      return field_size(value.as_bytes().size());
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

/// Size of the KeyValue, without its tag and length.
size_t key_value_size(std::string_view key, size_t value_size) {
  return field_size(key.size()) + field_size(value_size);
}

/// Writes fields into a buffer that is large enough.
class Cursor {
 public:
  explicit Cursor(char* at) : at_(at) {}

  /// Tags are less than 16, so that the head is one byte.
  void head(Tag tag, pbf_wire_type type) {
    *at_++ = static_cast<char>(tag << 3 | static_cast<uint32_t>(type));
  }
  void varint(uint64_t number) {
    for (; number >= 0x80; number >>= 7) *at_++ = static_cast<char>(number | 0x80);
    *at_++ = static_cast<char>(number);
  }
  void open(Tag field, size_t size) {
    head(field, pbf_wire_type::length_delimited);
    varint(size);
  }
  void field(Tag field, std::string_view content) {
    open(field, content.size());
    at_ += content.copy(at_, content.size());
  }
  /// The length of a KeyValue and the KeyValue. Out of line it would cost decoders three percent.
  [[gnu::always_inline]] void key_value(size_t size, std::string_view key, size_t value_size,
                                        const Value& value) {
    varint(size);
    field(fields::key_value::kKey, key);
    open(fields::key_value::kValue, value_size);
    any_value(value);
  }

 private:
  [[gnu::always_inline]] void any_value(const Value& value) {
    using enum ValueType;
    switch (value.type()) {
      case kString:
        return field(av::kString, value.as_bytes());
      case kBytes:
        return field(av::kBytes, value.as_bytes());
      case kBool:
        head(av::kBool, pbf_wire_type::varint);
        return varint(value.as_bool());
      case kInt:
        head(av::kInt, pbf_wire_type::varint);
        return varint(static_cast<uint64_t>(value.as_int()));
      case kDouble:
        return real(av::kDouble, value.as_double());
      default:
        return;
    }
  }
  void real(Tag field, double number) {
    static_assert(std::endian::native == std::endian::little);
    head(field, pbf_wire_type::fixed64);
    std::memcpy(at_, &number, sizeof(number));
    at_ += sizeof(number);
  }

  char* at_;
};

/// Lets `write` fill `size` more bytes of `out`.
template <typename Write>
void append(std::string& out, size_t size, Write&& write) {
  size_t before = out.size();
  size_t after = before + size;
  // The second argument is not used: GCC 12 passes the grown capacity instead of `after`.
  out.resize_and_overwrite(after, [&](char* bytes, size_t) {
    write(Cursor(bytes + before));
    return after;
  });
}

}  // namespace

void append_attribute(std::string& out, Tag tag, std::string_view key, const Value& value) {
  size_t value_size = size_of(value);
  size_t size = key_value_size(key, value_size);
  append(out, 1 + varint_size(size) + size, [&](Cursor at) {
    at.head(tag, pbf_wire_type::length_delimited);
    at.key_value(size, key, value_size, value);
  });
}

void append_encoded_attribute(std::string& out, Tag tag, std::string_view key,
                              std::string_view any_value) {
  size_t size = key_value_size(key, any_value.size());
  append(out, 1 + varint_size(size) + size, [&](Cursor at) {
    at.open(tag, size);
    at.field(fields::key_value::kKey, key);
    at.field(fields::key_value::kValue, any_value);
  });
}

void append_key_value(std::string& out, std::string_view key, const Value& value) {
  size_t value_size = size_of(value);
  size_t size = key_value_size(key, value_size);
  append(out, varint_size(size) + size,
         [&](Cursor at) { at.key_value(size, key, value_size, value); });
}

void append_field(std::string& out, Tag tag, std::string_view content) {
  append(out, 1 + varint_size(content.size()) + content.size(),
         [&](Cursor at) { at.field(tag, content); });
}

}  // namespace clew::otlp
