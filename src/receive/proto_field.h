// Reading foreign protobuf messages with protozero: fields by number and wire type together.
#pragma once

#include <algorithm>
#include <optional>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace clew::receive {

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

/// The ID in a bytes field: of its own length; or of 8 bytes, for a trace ID, which is then padded
/// with zeros on the left; or empty, which is none. nullopt for any other length.
template <typename Id>
std::optional<Id> id_of(std::string_view raw) {
  if (raw.empty()) return Id();
  if (raw.size() != sizeof(SpanId::bytes)) return Id::from_raw(raw);
  Id id;
  std::ranges::copy(raw, id.bytes.end() - sizeof(SpanId::bytes));
  return id;
}

/// Calls `decode()` -> Result<std::string>. Damage, which protozero throws, becomes kMalformed, and
/// so no exception leaves a decoder.
template <typename F>
Result<std::string> guard_against_damage(F&& decode) {
  try {
    return decode();
  } catch (const protozero::exception& damage) {
    return fail(Code::kMalformed, "not a protobuf message of this kind: {}", damage.what());
  }
}

}  // namespace clew::receive
