// Writing OTLP attributes: the inner loop of every decoder of a foreign format.
#pragma once

#include <protozero/pbf_writer.hpp>
#include <string_view>

#include "otlp/value.h"

namespace clew::receive {

/// Appends one KeyValue under `tag` of the message that `out` writes; an array or map becomes an
/// empty value, since no foreign format has them.
void add_attribute(protozero::pbf_writer& out, otlp::fields::Tag tag, std::string_view key,
                   const otlp::Value& value);

/// Appends a string field, unless it is empty, which is the same as absent.
inline void add_text(protozero::pbf_writer& out, otlp::fields::Tag tag, std::string_view text) {
  if (!text.empty()) out.add_string(tag, text.data(), text.size());
}

}  // namespace clew::receive
