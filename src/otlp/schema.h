// What Batch::index checks of each field it knows: the wire type and what lies inside.
#pragma once

#include <array>
#include <cstdint>
#include <protozero/types.hpp>

#include "otlp/fields.h"

namespace clew::otlp {

/// The messages below a Span, Resource or InstrumentationScope.
enum class Message : uint8_t {
  kNone,  // not a message: a string, bytes or a number
  kSpan,
  kEvent,
  kLink,
  kStatus,
  kResource,
  kScope,
  kKeyValue,
  kAnyValue,
  kArrayValue,
  kKeyValueList,
};

/// What a known field must look like. `id_size` is the length of an ID field, 0 for other fields.
struct FieldRule {
  protozero::pbf_wire_type wire_type = protozero::pbf_wire_type::unknown;
  Message inside = Message::kNone;
  uint8_t id_size = 0;
};

/// Rules by field number; the highest number in use is Span.flags = 16.
using MessageRules = std::array<FieldRule, 17>;

namespace schema_detail {

using enum protozero::pbf_wire_type;

constexpr FieldRule kText{length_delimited};
constexpr FieldRule kVarint{varint};
constexpr FieldRule kFixed64{fixed64};
constexpr FieldRule kFixed32{fixed32};
constexpr FieldRule id(uint8_t size) {
  return {length_delimited, Message::kNone, size};
}
constexpr FieldRule message(Message inside) {
  return {length_delimited, inside};
}
constexpr FieldRule kAttribute = message(Message::kKeyValue);

constexpr MessageRules span_rules() {
  using namespace fields::span;
  MessageRules rules;
  rules[kTraceId] = id(16);
  rules[kSpanId] = rules[kParentSpanId] = id(8);
  rules[kTraceState] = rules[kName] = kText;
  rules[kKind] = kVarint;
  rules[kStart] = rules[kEnd] = kFixed64;
  rules[kAttributes] = kAttribute;
  rules[kEvents] = message(Message::kEvent);
  rules[kLinks] = message(Message::kLink);
  rules[kDroppedAttributes] = rules[kDroppedEvents] = rules[kDroppedLinks] = kVarint;
  rules[kStatus] = message(Message::kStatus);
  rules[kFlags] = kFixed32;
  return rules;
}

constexpr MessageRules event_rules() {
  using namespace fields::event;
  MessageRules rules;
  rules[kTime] = kFixed64;
  rules[kName] = kText;
  rules[kAttributes] = kAttribute;
  rules[kDroppedAttributes] = kVarint;
  return rules;
}

constexpr MessageRules link_rules() {
  using namespace fields::link;
  MessageRules rules;
  rules[kTraceId] = id(16);
  rules[kSpanId] = id(8);
  rules[kTraceState] = kText;
  rules[kAttributes] = kAttribute;
  rules[kDroppedAttributes] = kVarint;
  rules[kFlags] = kFixed32;
  return rules;
}

constexpr MessageRules any_value_rules() {
  using namespace fields::any_value;
  MessageRules rules;
  rules[kString] = rules[kBytes] = kText;
  rules[kBool] = rules[kInt] = kVarint;
  rules[kDouble] = kFixed64;
  rules[kArray] = message(Message::kArrayValue);
  rules[kMap] = message(Message::kKeyValueList);
  return rules;
}

constexpr std::array<MessageRules, 11> all_rules() {
  std::array<MessageRules, 11> all;
  auto of = [&all](Message message) -> MessageRules& { return all[static_cast<size_t>(message)]; };
  of(Message::kSpan) = span_rules();
  of(Message::kEvent) = event_rules();
  of(Message::kLink) = link_rules();
  of(Message::kAnyValue) = any_value_rules();
  of(Message::kStatus)[fields::status::kMessage] = kText;
  of(Message::kStatus)[fields::status::kCode] = kVarint;
  of(Message::kResource)[fields::resource::kAttributes] = kAttribute;
  of(Message::kScope)[fields::scope::kName] = kText;
  of(Message::kScope)[fields::scope::kVersion] = kText;
  of(Message::kScope)[fields::scope::kAttributes] = kAttribute;
  of(Message::kScope)[fields::scope::kDroppedAttributes] = kVarint;
  of(Message::kKeyValue)[fields::key_value::kKey] = kText;
  of(Message::kKeyValue)[fields::key_value::kValue] = message(Message::kAnyValue);
  of(Message::kArrayValue)[fields::values::kMember] = message(Message::kAnyValue);
  of(Message::kKeyValueList)[fields::values::kMember] = kAttribute;
  return all;
}

inline constexpr std::array<MessageRules, 11> kRules = all_rules();

}  // namespace schema_detail

/// The rule of a field, or a default one (unknown wire type) for a field we do not know.
inline const FieldRule& rule_of(Message message, fields::Tag tag) {
  static constexpr FieldRule kUnknownField;
  const MessageRules& rules = schema_detail::kRules[static_cast<size_t>(message)];
  return tag < rules.size() ? rules[tag] : kUnknownField;
}

}  // namespace clew::otlp
