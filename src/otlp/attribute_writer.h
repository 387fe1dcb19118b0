// Appending attributes (KeyValue messages) to a message that is being written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "otlp/fields.h"

namespace clew::otlp {

/// Appends the field `tag`: an attribute with that serialized AnyValue.
void append_attribute(std::string& out, fields::Tag tag, std::string_view key,
                      std::string_view any_value);
/// The same with a string or an integer for its value.
void append_text_attribute(std::string& out, fields::Tag tag, std::string_view key,
                           std::string_view text);
void append_int_attribute(std::string& out, fields::Tag tag, std::string_view key, int64_t number);

/// What follows the tag of such a field: the length of the KeyValue and the KeyValue.
void append_int_key_value(std::string& out, std::string_view key, int64_t number);

/// Appends a length-delimited field.
void append_field(std::string& out, fields::Tag tag, std::string_view content);

}  // namespace clew::otlp
