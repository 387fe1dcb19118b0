#include "agent/edit/attribute_list.h"

#include <algorithm>
#include <utility>

#include "otlp/attribute_writer.h"
#include "otlp/reader.h"

namespace clew::agent {

AttributeList::AttributeList(std::string_view message, otlp::fields::Tag tag)
    : message_(message), tag_(tag) {
  const char* begin = message.data();  // of the field being read
  otlp::for_each_field(message, [&](protozero::pbf_reader& reader) {
    if (reader.tag() == tag) {
      Entry entry;
      otlp::for_each_field(otlp::view_of(reader), [&](protozero::pbf_reader& key_value) {
        if (key_value.tag() == otlp::fields::key_value::kKey)
          entry.key = otlp::view_of(key_value);
        else if (key_value.tag() == otlp::fields::key_value::kValue)
          entry.old_value = otlp::view_of(key_value);
        else
          key_value.skip();
      });
      entry.field = {begin, static_cast<size_t>(reader.data().data() - begin)};
      entries_.push_back(std::move(entry));
    } else {
      reader.skip();
    }
    begin = reader.data().data();
  });
}

AttributeList::Entry* AttributeList::find(std::string_view key) {
  auto at = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return !entry.erased && entry.key == key; });
  return at == entries_.end() ? nullptr : &*at;
}

void AttributeList::set(Entry& entry, std::string any_value) {
  if (any_value == entry.any_value()) return;
  entry.new_value = std::move(any_value);
  entry.changed = true;
}

void AttributeList::insert(std::string_view key, std::string any_value) {
  entries_.push_back({.key = key, .new_value = std::move(any_value), .changed = true});
}

void AttributeList::write(otlp::Patch& patch) const {
  const char* end = message_.data() + message_.size();
  for (const Entry& entry : entries_) {
    bool is_new = entry.field.empty();
    if (entry.erased ? is_new : !entry.changed) continue;
    std::string& out = is_new ? patch.insert(end) : patch.replace(entry.field);
    if (!entry.erased) otlp::append_encoded_attribute(out, tag_, entry.key, entry.new_value);
  }
}

}  // namespace clew::agent
