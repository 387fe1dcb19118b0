#include "agent/place.h"

#include <algorithm>

#include "otlp/attribute_writer.h"
#include "otlp/reader.h"
#include "otlp/value.h"

namespace clew::agent {
namespace {

namespace f = otlp::fields;

bool is(const otlp::Value& value, std::string_view text) {
  return value.type() == otlp::ValueType::kString && value.as_bytes() == text;
}

/// The KeyValue in the bytes of a field that holds one.
std::string_view key_value_of(std::string_view field) {
  protozero::pbf_reader reader(field.data(), field.size());
  reader.next();
  return otlp::view_of(reader);
}

}  // namespace

PlaceStamp::PlaceStamp(const Place& place) : overwrite_(place.overwrite) {
  auto add = [this](std::string_view key, const std::string& text) {
    if (text.empty()) return;
    std::string field;
    otlp::append_attribute(field, f::resource::kAttributes, key, otlp::Value::of_string(text));
    attributes_.push_back({std::string(key), text, std::move(field)});
  };
  add("cloud.region", place.region);
  add("clew.datacenter", place.datacenter);
  add("clew.core_location", place.core_location);
  add("clew.edge", place.edge);
  add("clew.rack", place.rack);
  add("host.name", place.host);
}

void PlaceStamp::stamp(std::string_view resource, otlp::Patch& patch) const {
  if (attributes_.empty()) return;
  std::vector<bool> present(attributes_.size());
  otlp::for_each_field(resource, [&](protozero::pbf_reader& reader) {
    if (reader.tag() != f::resource::kAttributes) return reader.skip();
    const char* length = reader.data().data();
    std::string_view key_value = otlp::view_of(reader);
    otlp::Attribute attribute = otlp::Attribute::decode(key_value);
    auto stamped = std::ranges::find(attributes_, attribute.key, &Stamped::key);
    if (stamped == attributes_.end()) return;
    present[static_cast<size_t>(stamped - attributes_.begin())] = true;
    if (!overwrite_ || is(attribute.value, stamped->text)) return;
    otlp::Patch::Nested nested = patch.open(length, key_value);
    patch.replace(key_value) += key_value_of(stamped->field);
    patch.close(nested);
  });
  const char* end = resource.data() + resource.size();
  for (size_t i = 0; i < attributes_.size(); ++i)
    if (!present[i]) patch.insert(end) += attributes_[i].field;
}

}  // namespace clew::agent
