// What a check of the wire format wants of each field it knows: the wire type and what lies inside.
#pragma once

#include <array>
#include <cstdint>
#include <protozero/types.hpp>

#include "otlp/message_fields.h"

namespace clew::otlp {

/// What a known field must look like. `id_size` is the length of an ID field, 0 for other fields.
struct FieldRule {
  protozero::pbf_wire_type wire_type = protozero::pbf_wire_type::unknown;
  Message inside = Message::kNone;
  uint8_t id_size = 0;
};

/// Rules by field number; the highest number in use is Span.flags = 16.
using MessageRules = std::array<FieldRule, 17>;

namespace schema_detail {

constexpr protozero::pbf_wire_type wire_type_of(FieldType type) {
  using enum protozero::pbf_wire_type;
  switch (type) {
    case FieldType::kBool:
    case FieldType::kEnum:
    case FieldType::kInt64:
    case FieldType::kUint32:
    case FieldType::kUint64:
    case FieldType::kSint32:
      return varint;
    case FieldType::kFixed32:
      return fixed32;
    case FieldType::kFixed64:
    case FieldType::kSfixed64:
    case FieldType::kDouble:
      return fixed64;
    default:
      return length_delimited;
  }
}

constexpr FieldRule rule_for(const MessageField& field) {
  auto wire_type = wire_type_of(field.type);
  // A list of numbers may be packed or not: it is skipped like a field that nobody knows.
  if (field.repeated && wire_type != protozero::pbf_wire_type::length_delimited) return {};
  uint8_t id_size = field.type == FieldType::kTraceId  ? 16
                    : field.type == FieldType::kSpanId ? 8
                                                       : 0;
  return {wire_type, field.inside, id_size};
}

constexpr std::array<MessageRules, kMessages> all_rules() {
  std::array<MessageRules, kMessages> all;
  for (size_t message = 0; message < kMessages; ++message)
    for (const MessageField& field : fields_of(static_cast<Message>(message)))
      all[message][field.tag] = rule_for(field);
  return all;
}

inline constexpr std::array<MessageRules, kMessages> kRules = all_rules();

}  // namespace schema_detail

/// The rule of a field, or a default one (unknown wire type) for a field we do not know.
inline const FieldRule& rule_of(Message message, fields::Tag tag) {
  static constexpr FieldRule kUnknownField;
  const MessageRules& rules = schema_detail::kRules[static_cast<size_t>(message)];
  return tag < rules.size() ? rules[tag] : kUnknownField;
}

}  // namespace clew::otlp
