#include "agent/edit/added_attributes.h"

#include <algorithm>
#include <protozero/buffer_string.hpp>
#include <protozero/varint.hpp>

#include "otlp/fields.h"

namespace clew::agent {
namespace {

namespace f = otlp::fields;

constexpr char tag(f::Tag field, protozero::pbf_wire_type type) {
  return static_cast<char>(field << 3 | static_cast<uint32_t>(type));
}
constexpr char message_tag(f::Tag field) {
  return tag(field, protozero::pbf_wire_type::length_delimited);
}

/// What every KeyValue of one key begins with: the key, and the tag of the value.
///
///     | 0A | size of the key | key | 12 |
///
/// Of one size for all keys, so that copying one takes two moves; what is too much is written over.
struct KeyBytes {
  std::array<char, 32> bytes;
  size_t size;
};

constexpr auto kKeyBytes = [] {
  std::array<KeyBytes, kKeyNames.size()> all{};
  for (size_t i = 0; i < all.size(); ++i) {
    KeyBytes& key = all[i];
    auto at = key.bytes.begin();
    *at++ = message_tag(f::key_value::kKey);
    *at++ = static_cast<char>(kKeyNames[i].size());
    at = std::ranges::copy(kKeyNames[i], at).out;
    *at++ = message_tag(f::key_value::kValue);
    key.size = static_cast<size_t>(at - key.bytes.begin());
  }
  return all;
}();

/// Tags, lengths, key and number of one attribute take less than this.
constexpr size_t kFrameBytes = 96;

size_t varint_size(uint64_t value) {
  return value < 0x80 ? 1 : static_cast<size_t>(protozero::length_of_varint(value));
}

char* write_varint(char* at, uint64_t value) {
  if (value >= 0x80) return at + protozero::add_varint_to_buffer(at, value);
  *at = static_cast<char>(value);
  return at + 1;
}

/// Writes up to the value's content, the AnyValue's field of `value_size` bytes.
char* open_attribute(char* at, Key key, size_t value_size) {
  const KeyBytes& name = kKeyBytes[index(key)];
  *at++ = message_tag(f::span::kAttributes);
  at = write_varint(at, name.size + varint_size(value_size) + value_size);
  std::memcpy(at, name.bytes.data(), name.bytes.size());
  return write_varint(at + name.size, value_size);
}

char* write_text(char* at, Key key, std::string_view text) {
  at = open_attribute(at, key, 1 + varint_size(text.size()) + text.size());
  *at++ = message_tag(f::any_value::kString);
  at = write_varint(at, text.size());
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* write_number(char* at, Key key, int64_t number) {
  auto bits = static_cast<uint64_t>(number);
  at = open_attribute(at, key, 1 + varint_size(bits));
  *at++ = tag(f::any_value::kInt, protozero::pbf_wire_type::varint);
  return write_varint(at, bits);
}

}  // namespace

void AddedAttributes::append_to(std::string& span) const {
  size_t before = span.size();
  size_t most = before + count_ * kFrameBytes;
  for (size_t i = 0; i < count_; ++i) most += attributes_[i].text.size();
  // Grown by doubling: resize_and_overwrite alone would fit the string exactly each time.
  if (most > span.capacity()) span.reserve(std::max(most, 2 * span.capacity()));
  span.resize_and_overwrite(most, [&](char* bytes, size_t) {
    char* at = bytes + before;
    for (size_t i = 0; i < count_; ++i) {
      const Attribute& added = attributes_[i];
      at = added.is_number ? write_number(at, added.key, added.number)
                           : write_text(at, added.key, added.text);
    }
    return static_cast<size_t>(at - bytes);
  });
}

}  // namespace clew::agent
