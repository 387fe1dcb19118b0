// Writing fields that are left out when they say nothing.
#pragma once

#include <protozero/pbf_writer.hpp>
#include <string_view>

#include "otlp/fields.h"

namespace clew::receive {

/// Appends an ID, unless it is none.
template <typename Id>
void add_id(protozero::pbf_writer& out, otlp::fields::Tag tag, const Id& id) {
  if (!id.is_zero()) out.add_bytes(tag, id.raw().data(), id.raw().size());
}

/// Appends a string field, unless it is empty, which is the same as absent.
inline void add_text(protozero::pbf_writer& out, otlp::fields::Tag tag, std::string_view text) {
  if (!text.empty()) out.add_string(tag, text.data(), text.size());
}

}  // namespace clew::receive
