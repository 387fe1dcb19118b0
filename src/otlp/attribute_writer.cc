#include "otlp/attribute_writer.h"

#include <cstring>
#include <protozero/buffer_string.hpp>
#include <protozero/varint.hpp>

namespace clew::otlp {
namespace {

size_t varint_size(uint64_t value) {
  return static_cast<size_t>(protozero::length_of_varint(value));
}

/// Size of a length-delimited field with a one-byte tag.
size_t field_size(size_t content) {
  return 1 + varint_size(content) + content;
}

/// Writes into a buffer that is large enough.
class Cursor {
 public:
  explicit Cursor(char* at) : at_(at) {}

  void tag(fields::Tag tag, protozero::pbf_wire_type type) {
    varint(tag << 3 | static_cast<uint32_t>(type));
  }
  void varint(uint64_t value) { at_ += protozero::add_varint_to_buffer(at_, value); }
  void open(fields::Tag field, size_t size) {
    tag(field, protozero::pbf_wire_type::length_delimited);
    varint(size);
  }
  void bytes(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void field(fields::Tag field, std::string_view content) {
    open(field, content.size());
    bytes(content);
  }

 private:
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

size_t tag_size(fields::Tag tag) {
  return varint_size(uint64_t{tag} << 3);
}

size_t key_value_size(std::string_view key, size_t value_size) {
  return field_size(key.size()) + field_size(value_size);
}

}  // namespace

void append_attribute(std::string& out, fields::Tag tag, std::string_view key,
                      std::string_view any_value) {
  size_t size = key_value_size(key, any_value.size());
  append(out, tag_size(tag) + varint_size(size) + size, [&](Cursor at) {
    at.open(tag, size);
    at.field(fields::key_value::kKey, key);
    at.field(fields::key_value::kValue, any_value);
  });
}

void append_text_attribute(std::string& out, fields::Tag tag, std::string_view key,
                           std::string_view text) {
  size_t value_size = field_size(text.size());
  size_t size = key_value_size(key, value_size);
  append(out, tag_size(tag) + varint_size(size) + size, [&](Cursor at) {
    at.open(tag, size);
    at.field(fields::key_value::kKey, key);
    at.open(fields::key_value::kValue, value_size);
    at.field(fields::any_value::kString, text);
  });
}

void append_int_attribute(std::string& out, fields::Tag tag, std::string_view key, int64_t number) {
  append(out, tag_size(tag),
         [&](Cursor at) { at.tag(tag, protozero::pbf_wire_type::length_delimited); });
  append_int_key_value(out, key, number);
}

void append_int_key_value(std::string& out, std::string_view key, int64_t number) {
  auto value = static_cast<uint64_t>(number);
  size_t value_size = 1 + varint_size(value);
  size_t size = key_value_size(key, value_size);
  append(out, varint_size(size) + size, [&](Cursor at) {
    at.varint(size);
    at.field(fields::key_value::kKey, key);
    at.open(fields::key_value::kValue, value_size);
    at.tag(fields::any_value::kInt, protozero::pbf_wire_type::varint);
    at.varint(value);
  });
}

void append_field(std::string& out, fields::Tag tag, std::string_view content) {
  append(out, tag_size(tag) + varint_size(content.size()) + content.size(),
         [&](Cursor at) { at.field(tag, content); });
}

}  // namespace clew::otlp
