// Fields of foreign protobuf messages, by number and wire type together.
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>

namespace clew::otlp {

// What `switch (reader.tag_and_type())` compares with, so that a known field of a wrong wire type
// is skipped like an unknown one, as protobuf does.

constexpr uint32_t text_field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr uint32_t varint_field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}
constexpr uint32_t fixed64_field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed64);
}

/// The bool the reader stands on. protozero's get_bool() looks at the next byte before it knows
/// that there is one.
inline bool get_truth(protozero::pbf_reader& reader) {
  return reader.get_uint64() != 0;
}

}  // namespace clew::otlp
