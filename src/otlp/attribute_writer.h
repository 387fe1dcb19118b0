// Appending attributes (KeyValue messages) to a message that is being written: the inner loop of
// every decoder of a foreign format and of the agent's edits. protozero would do the same in a
// dozen steps, each of which looks after the text's capacity: this is a quarter of its time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "otlp/fields.h"
#include "otlp/value.h"

namespace clew::otlp {

// Every `tag` here is less than 16, as those of OTLP's attributes are.

/// Appends the field `tag`: an attribute with that value. An array or map becomes an empty value;
/// who has one has its bytes too (append_encoded_attribute). A protozero::pbf_writer on the same
/// text may be open meanwhile.
void append_attribute(std::string& out, fields::Tag tag, std::string_view key, const Value& value);
/// The same with a serialized AnyValue.
void append_encoded_attribute(std::string& out, fields::Tag tag, std::string_view key,
                              std::string_view any_value);

/// What follows the tag of such a field: the length of the KeyValue and the KeyValue.
void append_key_value(std::string& out, std::string_view key, const Value& value);

/// Appends a length-delimited field.
void append_field(std::string& out, fields::Tag tag, std::string_view content);

}  // namespace clew::otlp
