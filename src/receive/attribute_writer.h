// Writing OTLP attributes: the inner loop of every decoder of a foreign format.
#pragma once

#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

#include "otlp/value.h"

namespace clew::receive {

/// Appends one KeyValue under `tag`, which is less than 16, to the message that `out` ends with; a
/// pbf_writer on the same text may be open meanwhile. An array or map becomes an empty value, since
/// no foreign format has them. protozero would do the same in a dozen steps, each of which looks
/// after the text's capacity: this is a quarter of its time.
void add_attribute(std::string& out, otlp::fields::Tag tag, std::string_view key,
                   const otlp::Value& value);

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
