// The fields of a protobuf message, by number and type at once.
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string_view>

namespace clew::api::proto {

using Reader = protozero::pbf_reader;

constexpr uint32_t text_field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr uint32_t varint_field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}

/// A bool. protozero's get_bool() looks at the next byte before it knows that there is one.
inline bool bool_of(Reader& in) {
  return in.get_uint64() != 0;
}

/// The content of a text, of bytes or of a message.
inline std::string_view view_of(Reader& in) {
  auto view = in.get_view();
  return {view.data(), view.size()};
}

}  // namespace clew::api::proto
