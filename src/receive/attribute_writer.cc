#include "receive/attribute_writer.h"

#include <protozero/varint.hpp>

namespace clew::receive {
namespace {

namespace f = otlp::fields;
using protozero::length_of_varint;

size_t text_size(std::string_view text) {
  return 1 + static_cast<size_t>(length_of_varint(text.size())) + text.size();
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
      return 1 + static_cast<size_t>(length_of_varint(static_cast<uint64_t>(value.as_int())));
    case kDouble:
      return 1 + sizeof(double);
    default:
      return 0;
  }
}

void write(protozero::pbf_writer& out, const otlp::Value& value) {
  using enum otlp::ValueType;
  std::string_view text = value.as_bytes();
  switch (value.type()) {
    case kString:
      return out.add_string(f::any_value::kString, text.data(), text.size());
    case kBytes:
      return out.add_bytes(f::any_value::kBytes, text.data(), text.size());
    case kBool:
      return out.add_bool(f::any_value::kBool, value.as_bool());
    case kInt:
      return out.add_int64(f::any_value::kInt, value.as_int());
    case kDouble:
      return out.add_double(f::any_value::kDouble, value.as_double());
    default:
      return;
  }
}

}  // namespace

void add_attribute(protozero::pbf_writer& out, f::Tag tag, std::string_view key,
                   const otlp::Value& value) {
  // Sizes first: a nested writer of unknown size would move what it wrote when it ends.
  size_t value_size = size_of(value);
  size_t size = text_size(key) + 1 + static_cast<size_t>(length_of_varint(value_size)) + value_size;
  protozero::pbf_writer attribute(out, tag, size);
  attribute.add_string(f::key_value::kKey, key.data(), key.size());
  if (value_size == 0) return attribute.add_message(f::key_value::kValue, "", 0);
  protozero::pbf_writer inner(attribute, f::key_value::kValue, value_size);
  write(inner, value);
}

}  // namespace clew::receive
