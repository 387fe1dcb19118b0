// Small helpers around protozero for the files of this room.
#pragma once

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <string_view>

namespace clew::otlp {

/// The length-delimited field the reader stands on.
inline std::string_view view_of(protozero::pbf_reader& reader) {
  auto view = reader.get_view();
  return {view.data(), view.size()};
}

/// Calls `field(reader)` for every field of the message; it must read or skip the value. Stops at
/// damage, which only bytes that never passed Batch::index have.
template <typename F>
void for_each_field(std::string_view bytes, F&& field) {
  try {
    protozero::pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) field(reader);
  } catch (const protozero::exception&) {
    // The contract of every view: what was read up to the damage stands.
  }
}

}  // namespace clew::otlp
