#include "otlp/span.h"

#include <array>

#include "otlp/reader.h"

namespace clew::otlp {
namespace {

template <size_t Size>
Id<Size> id_of(protozero::pbf_reader& reader) {
  return Id<Size>::from_raw(view_of(reader)).value_or(Id<Size>());
}

template <typename Enum>
Enum enum_of(int32_t number, Enum last) {
  return number >= 0 && number <= static_cast<int32_t>(last) ? static_cast<Enum>(number) : Enum{};
}

void decode_status(std::string_view bytes, Span& span) {
  for_each_field(bytes, [&](protozero::pbf_reader& reader) {
    switch (reader.tag()) {
      case fields::status::kMessage:
        span.status_message = view_of(reader);
        break;
      case fields::status::kCode:
        span.status = enum_of(reader.get_enum(), StatusCode::kError);
        break;
      default:
        reader.skip();
    }
  });
}

void decode_field(protozero::pbf_reader& reader, Span& span) {
  using namespace fields::span;
  switch (reader.tag()) {
    case kTraceId:
      span.trace_id = id_of<16>(reader);
      break;
    case kSpanId:
      span.span_id = id_of<8>(reader);
      break;
    case kTraceState:
      span.trace_state = view_of(reader);
      break;
    case kParentSpanId:
      span.parent_span_id = id_of<8>(reader);
      break;
    case kName:
      span.name = view_of(reader);
      break;
    case kKind:
      span.kind = enum_of(reader.get_enum(), SpanKind::kConsumer);
      break;
    case kStart:
      span.start = reader.get_fixed64();
      break;
    case kEnd:
      span.end = reader.get_fixed64();
      break;
    case kDroppedAttributes:
      span.dropped_attributes = reader.get_uint32();
      break;
    case kDroppedEvents:
      span.dropped_events = reader.get_uint32();
      break;
    case kDroppedLinks:
      span.dropped_links = reader.get_uint32();
      break;
    case kStatus:
      decode_status(view_of(reader), span);
      break;
    case kFlags:
      span.flags = reader.get_fixed32();
      break;
    default:
      reader.skip();
  }
}

}  // namespace

std::string_view name_of(SpanKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"unspecified", "internal", "server",
                                                             "client",      "producer", "consumer"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view name_of(StatusCode code) {
  static constexpr std::array<std::string_view, 3> kNames = {"unset", "ok", "error"};
  return kNames[static_cast<size_t>(code)];
}

Span Span::decode(std::string_view bytes) {
  Span span;
  span.bytes = bytes;
  for_each_field(bytes, [&](protozero::pbf_reader& reader) { decode_field(reader, span); });
  return span;
}

bool Span::is_error() const {
  if (status == StatusCode::kError) return true;
  for (Attribute attribute : attributes()) {
    if (attribute.key != kErrorKey) continue;
    const Value& error = attribute.value;
    if (error.type() == ValueType::kBool ? error.as_bool() : error.text() == "true") return true;
  }
  return false;
}

Event Event::decode(std::string_view bytes) {
  Event event;
  event.bytes = bytes;
  for_each_field(bytes, [&](protozero::pbf_reader& reader) {
    switch (reader.tag()) {
      case fields::event::kTime:
        event.time = reader.get_fixed64();
        break;
      case fields::event::kName:
        event.name = view_of(reader);
        break;
      case fields::event::kDroppedAttributes:
        event.dropped_attributes = reader.get_uint32();
        break;
      default:
        reader.skip();
    }
  });
  return event;
}

Link Link::decode(std::string_view bytes) {
  Link link;
  link.bytes = bytes;
  for_each_field(bytes, [&](protozero::pbf_reader& reader) {
    switch (reader.tag()) {
      case fields::link::kTraceId:
        link.trace_id = id_of<16>(reader);
        break;
      case fields::link::kSpanId:
        link.span_id = id_of<8>(reader);
        break;
      case fields::link::kTraceState:
        link.trace_state = view_of(reader);
        break;
      case fields::link::kDroppedAttributes:
        link.dropped_attributes = reader.get_uint32();
        break;
      case fields::link::kFlags:
        link.flags = reader.get_fixed32();
        break;
      default:
        reader.skip();
    }
  });
  return link;
}

}  // namespace clew::otlp
