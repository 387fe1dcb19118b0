#include "agent/observe/span_facts.h"

#include "otlp/reader.h"

namespace clew::agent {
namespace {

namespace f = otlp::fields;

/// Tag byte of a length-delimited field.
constexpr char message_tag(f::Tag tag) {
  return static_cast<char>(tag << 3 | 2);
}

/// The content of a length-delimited field, for lengths of one or two bytes: all that is usual.
/// Null data: it has another form, or is cut off.
inline std::string_view short_field(const char* at, const char* end, char tag) {
  if (end - at < 3 || *at != tag) return {};
  size_t size = static_cast<uint8_t>(at[1]);
  at += 2;
  if (size >= 0x80) {
    size_t high = static_cast<uint8_t>(*at++);
    if (high >= 0x80) return {};
    size = (size & 0x7F) | high << 7;
  }
  if (size > static_cast<size_t>(end - at)) return {};
  return {at, size};
}

/// Takes a KeyValue's value in any form, if its key is wanted and had no value yet.
void take_any_value(std::string_view attribute, const WantedKeys& wanted,
                    std::span<RawValue> values) {
  std::string_view key;
  RawValue value("", 0);
  otlp::for_each_field(attribute, [&](protozero::pbf_reader& reader) {
    if (reader.tag() == f::key_value::kKey)
      key = otlp::view_of(reader);
    else if (reader.tag() == f::key_value::kValue)
      value = otlp::view_of(reader);
    else
      reader.skip();
  });
  size_t index = wanted.find(key);
  if (index < values.size() && values[index].data() == nullptr) values[index] = value;
}

/// The same; a key that stands in front and is not wanted, as almost all, ends it here. (Of two
/// keys in one KeyValue, which nobody writes, this sees the first.)
inline void take_value(std::string_view attribute, const WantedKeys& wanted,
                       std::span<RawValue> values) {
  std::string_view key = short_field(attribute.data(), attribute.data() + attribute.size(),
                                     message_tag(f::key_value::kKey));
  if (key.data() != nullptr && wanted.find(key) == wanted.size()) return;
  take_any_value(attribute, wanted, values);
}

void read_status(std::string_view message, otlp::StatusCode& status) {
  otlp::for_each_field(message, [&](protozero::pbf_reader& reader) {
    if (reader.tag() != f::status::kCode) return reader.skip();
    int32_t code = reader.get_enum();
    status = code == 1 || code == 2 ? otlp::StatusCode(code) : otlp::StatusCode::kUnset;
  });
}

otlp::SpanKind kind_of(int32_t number) {
  constexpr auto kLast = static_cast<int32_t>(otlp::SpanKind::kConsumer);
  return number >= 0 && number <= kLast ? otlp::SpanKind(number) : otlp::SpanKind::kUnspecified;
}

/// Reads one field of a span in any form.
void read_field(protozero::pbf_reader& reader, SpanFacts& facts, const WantedKeys& wanted,
                std::span<RawValue> values) {
  switch (reader.tag()) {
    case f::span::kSpanId:
      facts.span_id = SpanId::from_raw(otlp::view_of(reader)).value_or(SpanId());
      break;
    case f::span::kParentSpanId:
      facts.parent_span_id = SpanId::from_raw(otlp::view_of(reader)).value_or(SpanId());
      break;
    case f::span::kName:
      facts.name = otlp::view_of(reader);
      break;
    case f::span::kKind:
      facts.kind = kind_of(reader.get_enum());
      break;
    case f::span::kStart:
      facts.start = reader.get_fixed64();
      break;
    case f::span::kEnd:
      facts.end = reader.get_fixed64();
      break;
    case f::span::kAttributes:
      take_value(otlp::view_of(reader), wanted, values);
      break;
    case f::span::kStatus:
      read_status(otlp::view_of(reader), facts.status);
      break;
    default:
      reader.skip();
  }
}

}  // namespace

size_t WantedKeys::add(std::string_view key) {
  size_t index = find(key);
  if (index == keys_.size()) {
    keys_.emplace_back(key);
    lengths_ |= length_bit(key);
  }
  return index;
}

SpanFacts read_span_facts(std::string_view span, const WantedKeys& wanted,
                          std::span<RawValue> values) {
  constexpr char kAttribute = message_tag(f::span::kAttributes);
  SpanFacts facts;
  const char* at = span.data();
  const char* end = at + span.size();
  try {
    while (at < end) {
      std::string_view attribute = short_field(at, end, kAttribute);
      if (attribute.data() != nullptr) {
        take_value(attribute, wanted, values);
        at = attribute.data() + attribute.size();
        continue;
      }
      protozero::pbf_reader reader(at, static_cast<size_t>(end - at));
      if (!reader.next()) break;
      read_field(reader, facts, wanted, values);
      at = end - reader.length();
    }
  } catch (const protozero::exception&) {
    // Only bytes that never passed Batch::index get here: what was read stands.
  }
  return facts;
}

void read_resource_values(std::string_view resource, const WantedKeys& wanted,
                          std::span<RawValue> values) {
  for (std::string_view attribute : otlp::MessageRange(resource, f::resource::kAttributes))
    take_value(attribute, wanted, values);
}

}  // namespace clew::agent
