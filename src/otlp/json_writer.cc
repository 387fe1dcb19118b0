#include "otlp/json_writer.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/json.h"
#include "otlp/reader.h"
#include "otlp/span.h"

namespace clew::otlp {
namespace {

using protozero::pbf_reader;

absl::string_view absl_view(std::string_view text) {
  return {text.data(), text.size()};
}

/// Writes one message after the other; the functions are named after the messages.
class Writer {
 public:
  explicit Writer(JsonForm form) : proto_(form == JsonForm::kProto) {}

  std::string request(std::string_view bytes) {
    out_.begin_object();
    repeated("resourceSpans", bytes, fields::request::kResourceSpans, &Writer::resource_spans);
    out_.end_object();
    return out_.take();
  }

  std::string elements(std::string_view bytes) {
    for (std::string_view each : MessageRange(bytes, fields::request::kResourceSpans))
      resource_spans(each);
    return out_.take();
  }

 private:
  using Write = void (Writer::*)(std::string_view message);

  /// The sub-messages under a tag as an array; nothing if there is none.
  void repeated(std::string_view name, std::string_view message, fields::Tag tag, Write write) {
    MessageRange members(message, tag);
    if (members.begin() == members.end()) return;
    out_.key(name).begin_array();
    for (std::string_view member : members) (this->*write)(member);
    out_.end_array();
  }

  /// The last sub-message under a tag; nothing if there is none.
  void single(std::string_view name, std::string_view message, fields::Tag tag, Write write) {
    bool found = false;
    std::string_view last;
    for (std::string_view member : MessageRange(message, tag)) {
      last = member;
      found = true;
    }
    if (!found) return;
    out_.key(name);
    (this->*write)(last);
  }

  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) out_.member(name, value);
  }
  void number(std::string_view name, uint32_t value) {
    if (value != 0) out_.member(name, value);
  }
  void time(std::string_view name, UnixNanos value) {
    if (value != 0) out_.member(name, std::to_string(value));
  }
  /// An ID that is all zero is not one that is not there.
  void id_field(std::string_view name, std::string_view message, fields::Tag tag) {
    std::string_view value;
    for (std::string_view field : MessageRange(message, tag)) value = field;
    if (value.empty()) return;
    out_.member(name, proto_ ? absl::Base64Escape(absl_view(value))
                             : absl::BytesToHexString(absl_view(value)));
  }
  /// A number that has a name in protobuf's mapping, if we know it.
  template <size_t kNames>
  void enum_field(std::string_view name, std::string_view message, fields::Tag tag,
                  const std::array<const char*, kNames>& names) {
    uint32_t value = number_of(message, tag);
    if (proto_ && value != 0 && value < kNames)
      out_.member(name, names[value]);
    else
      number(name, value);
  }
  /// The last string under a tag.
  void text_field(std::string_view name, std::string_view message, fields::Tag tag) {
    std::string_view value;
    for_each_field(message, [&](pbf_reader& field) {
      if (field.tag() == tag)
        value = view_of(field);
      else
        field.skip();
    });
    text(name, value);
  }
  void number_field(std::string_view name, std::string_view message, fields::Tag tag) {
    number(name, number_of(message, tag));
  }
  static uint32_t number_of(std::string_view message, fields::Tag tag) {
    uint32_t value = 0;
    for_each_field(message, [&](pbf_reader& field) {
      if (field.tag() == tag)
        value = field.get_uint32();
      else
        field.skip();
    });
    return value;
  }
  void texts(std::string_view name, std::string_view message, fields::Tag tag) {
    MessageRange members(message, tag);
    if (members.begin() == members.end()) return;
    out_.key(name).begin_array();
    for (std::string_view member : members) out_.value(member);
    out_.end_array();
  }

  void resource_spans(std::string_view bytes) {
    namespace f = fields::resource_spans;
    out_.begin_object();
    single("resource", bytes, f::kResource, &Writer::resource);
    repeated("scopeSpans", bytes, f::kScopeSpans, &Writer::scope_spans);
    text_field("schemaUrl", bytes, f::kSchemaUrl);
    out_.end_object();
  }

  void resource(std::string_view bytes) {
    namespace f = fields::resource;
    out_.begin_object();
    attributes(bytes, f::kAttributes);
    number_field("droppedAttributesCount", bytes, f::kDroppedAttributes);
    repeated("entityRefs", bytes, f::kEntityRefs, &Writer::entity_ref);
    out_.end_object();
  }

  void entity_ref(std::string_view bytes) {
    namespace f = fields::entity_ref;
    out_.begin_object();
    text_field("schemaUrl", bytes, f::kSchemaUrl);
    text_field("type", bytes, f::kType);
    texts("idKeys", bytes, f::kIdKeys);
    texts("descriptionKeys", bytes, f::kDescriptionKeys);
    out_.end_object();
  }

  void scope_spans(std::string_view bytes) {
    namespace f = fields::scope_spans;
    out_.begin_object();
    single("scope", bytes, f::kScope, &Writer::scope);
    repeated("spans", bytes, f::kSpans, &Writer::span);
    text_field("schemaUrl", bytes, f::kSchemaUrl);
    out_.end_object();
  }

  void scope(std::string_view bytes) {
    namespace f = fields::scope;
    out_.begin_object();
    text_field("name", bytes, f::kName);
    text_field("version", bytes, f::kVersion);
    attributes(bytes, f::kAttributes);
    number_field("droppedAttributesCount", bytes, f::kDroppedAttributes);
    out_.end_object();
  }

  void span(std::string_view bytes) {
    namespace f = fields::span;
    Span span = Span::decode(bytes);
    out_.begin_object();
    id_field("traceId", bytes, f::kTraceId);
    id_field("spanId", bytes, f::kSpanId);
    text("traceState", span.trace_state);
    id_field("parentSpanId", bytes, f::kParentSpanId);
    number("flags", span.flags);
    text("name", span.name);
    enum_field("kind", bytes, f::kKind, kKinds);  // also numbers we do not know
    time("startTimeUnixNano", span.start);
    time("endTimeUnixNano", span.end);
    attributes(bytes, f::kAttributes);
    number("droppedAttributesCount", span.dropped_attributes);
    repeated("events", bytes, f::kEvents, &Writer::event);
    number("droppedEventsCount", span.dropped_events);
    repeated("links", bytes, f::kLinks, &Writer::link);
    number("droppedLinksCount", span.dropped_links);
    single("status", bytes, f::kStatus, &Writer::status);
    out_.end_object();
  }

  void event(std::string_view bytes) {
    Event event = Event::decode(bytes);
    out_.begin_object();
    time("timeUnixNano", event.time);
    text("name", event.name);
    attributes(bytes, fields::event::kAttributes);
    number("droppedAttributesCount", event.dropped_attributes);
    out_.end_object();
  }

  void link(std::string_view bytes) {
    Link link = Link::decode(bytes);
    out_.begin_object();
    id_field("traceId", bytes, fields::link::kTraceId);
    id_field("spanId", bytes, fields::link::kSpanId);
    text("traceState", link.trace_state);
    attributes(bytes, fields::link::kAttributes);
    number("droppedAttributesCount", link.dropped_attributes);
    number("flags", link.flags);
    out_.end_object();
  }

  void status(std::string_view bytes) {
    out_.begin_object();
    text_field("message", bytes, fields::status::kMessage);
    enum_field("code", bytes, fields::status::kCode, kCodes);
    out_.end_object();
  }

  void attributes(std::string_view bytes, fields::Tag tag) {
    repeated("attributes", bytes, tag, &Writer::key_value);
  }

  void key_value(std::string_view bytes) {
    out_.begin_object();
    text_field("key", bytes, fields::key_value::kKey);
    single("value", bytes, fields::key_value::kValue, &Writer::any_value);
    out_.end_object();
  }

  void any_value(std::string_view bytes) {
    Value value = Value::decode(bytes);
    out_.begin_object();
    switch (value.type()) {
      case ValueType::kEmpty:
        break;
      case ValueType::kString:
        out_.member("stringValue", value.as_bytes());
        break;
      case ValueType::kBool:
        out_.member("boolValue", value.as_bool());
        break;
      case ValueType::kInt:
        out_.member("intValue", std::to_string(value.as_int()));
        break;
      case ValueType::kDouble:
        out_.key("doubleValue").raw(double_text(value.as_double()));
        break;
      case ValueType::kBytes:
        out_.member("bytesValue", absl::Base64Escape(absl_view(value.as_bytes())));
        break;
      case ValueType::kArray:
        out_.key("arrayValue");
        members(bytes, fields::any_value::kArray, &Writer::any_value);
        break;
      case ValueType::kMap:
        out_.key("kvlistValue");
        members(bytes, fields::any_value::kMap, &Writer::key_value);
    }
    out_.end_object();
  }

  /// An ArrayValue or a KeyValueList.
  void members(std::string_view any_value, fields::Tag tag, Write write) {
    std::string_view list;
    for (std::string_view message : MessageRange(any_value, tag)) list = message;
    out_.begin_object();
    repeated("values", list, fields::values::kMember, write);
    out_.end_object();
  }

  /// The shortest form that reads as the same number; what JSON has no number for as text.
  static std::string double_text(double value) {
    if (std::isnan(value)) return "\"NaN\"";
    if (std::isinf(value)) return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return fmt::format("{}", value);
  }

  static constexpr std::array<const char*, 6> kKinds = {
      "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
      "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
  static constexpr std::array<const char*, 3> kCodes = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                        "STATUS_CODE_ERROR"};

  const bool proto_;
  JsonWriter out_;
};

}  // namespace

std::string request_json(std::string_view request) {
  return Writer(JsonForm::kOtlp).request(request);
}

std::string resource_spans_json(std::string_view request, JsonForm form) {
  return Writer(form).elements(request);
}

}  // namespace clew::otlp
