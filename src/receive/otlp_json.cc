#include "receive/otlp_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <utility>

#include "base/ids.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/fields.h"
#include "receive/base64.h"
#include "receive/json_reader.h"

namespace clew::receive {
namespace {

namespace f = otlp::fields;
using Value = JsonReader::Value;
using Writer = protozero::pbf_writer;

constexpr std::array<std::string_view, 6> kKinds = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                    "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                    "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
constexpr std::array<std::string_view, 3> kStatusCodes = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                          "STATUS_CODE_ERROR"};

/// Writes each JSON field as the protobuf field it stands for, in the order they come. Functions
/// return false once the reader has an error. Fields with their default value are left out, as
/// protobuf's own writers do, except in AnyValue, where which one is set matters.
class OtlpJson {
 public:
  explicit OtlpJson(std::string_view json) : json_(json) {}

  Result<std::string> convert() {
    Writer request(out_);
    auto field = [&](std::string_view name, Value value) {
      if (name != "resourceSpans") return true;
      return messages(request, f::request::kResourceSpans, value, &OtlpJson::resource_spans);
    };
    if (!json_.document([&](Value root) { return json_.fields(root, field); }))
      return std::unexpected(json_.error());
    return std::move(out_);
  }

 private:
  using Field = bool (OtlpJson::*)(Writer&, std::string_view name, Value);

  /// One sub-message, its fields read by `field`.
  bool message(Writer& parent, f::Tag tag, Value object, Field field) {
    size_t before = out_.size();
    {
      Writer writer(parent, tag);
      auto read = [&](std::string_view name, Value value) {
        return (this->*field)(writer, name, value);
      };
      if (!json_.fields(object, read)) return false;
    }
    // protozero takes an empty sub-message back, but an empty array or map is a value.
    if (out_.size() == before) parent.add_message(tag, "", 0);
    return true;
  }

  /// A repeated sub-message.
  bool messages(Writer& parent, f::Tag tag, Value array, Field field) {
    return json_.elements(array, [&](Value value) { return message(parent, tag, value, field); });
  }

  bool resource_spans(Writer& out, std::string_view name, Value value) {
    namespace r = f::resource_spans;
    if (name == "resource") return message(out, r::kResource, value, &OtlpJson::resource);
    if (name == "scopeSpans") return messages(out, r::kScopeSpans, value, &OtlpJson::scope_spans);
    if (name == "schemaUrl") return text(out, r::kSchemaUrl, value);
    return true;
  }

  bool resource(Writer& out, std::string_view name, Value value) {
    namespace r = f::resource;
    if (name == "attributes") return attributes(out, r::kAttributes, value);
    if (name == "droppedAttributesCount") return count(out, r::kDroppedAttributes, value);
    if (name == "entityRefs") return messages(out, r::kEntityRefs, value, &OtlpJson::entity_ref);
    return true;
  }

  bool entity_ref(Writer& out, std::string_view name, Value value) {
    namespace e = f::entity_ref;
    auto texts = [&](f::Tag tag) {
      return json_.elements(value, [&](Value key) { return text(out, tag, key, true); });
    };
    if (name == "schemaUrl") return text(out, e::kSchemaUrl, value);
    if (name == "type") return text(out, e::kType, value);
    if (name == "idKeys") return texts(e::kIdKeys);
    if (name == "descriptionKeys") return texts(e::kDescriptionKeys);
    return true;
  }

  bool scope_spans(Writer& out, std::string_view name, Value value) {
    namespace s = f::scope_spans;
    if (name == "scope") return message(out, s::kScope, value, &OtlpJson::scope);
    if (name == "spans") return messages(out, s::kSpans, value, &OtlpJson::span);
    if (name == "schemaUrl") return text(out, s::kSchemaUrl, value);
    return true;
  }

  bool scope(Writer& out, std::string_view name, Value value) {
    namespace s = f::scope;
    if (name == "name") return text(out, s::kName, value);
    if (name == "version") return text(out, s::kVersion, value);
    if (name == "attributes") return attributes(out, s::kAttributes, value);
    if (name == "droppedAttributesCount") return count(out, s::kDroppedAttributes, value);
    return true;
  }

  bool span(Writer& out, std::string_view name, Value value) {
    namespace s = f::span;
    if (name == "traceId") return id<TraceId>(out, s::kTraceId, value);
    if (name == "spanId") return id<SpanId>(out, s::kSpanId, value);
    if (name == "parentSpanId") return id<SpanId>(out, s::kParentSpanId, value);
    if (name == "traceState") return text(out, s::kTraceState, value);
    if (name == "flags") return flags(out, s::kFlags, value);
    if (name == "name") return text(out, s::kName, value);
    if (name == "kind") return enumerator(out, s::kKind, value, kKinds);
    if (name == "startTimeUnixNano") return nanos(out, s::kStart, value);
    if (name == "endTimeUnixNano") return nanos(out, s::kEnd, value);
    if (name == "attributes") return attributes(out, s::kAttributes, value);
    if (name == "droppedAttributesCount") return count(out, s::kDroppedAttributes, value);
    if (name == "events") return messages(out, s::kEvents, value, &OtlpJson::event);
    if (name == "droppedEventsCount") return count(out, s::kDroppedEvents, value);
    if (name == "links") return messages(out, s::kLinks, value, &OtlpJson::link);
    if (name == "droppedLinksCount") return count(out, s::kDroppedLinks, value);
    if (name == "status") return message(out, s::kStatus, value, &OtlpJson::status);
    return true;
  }

  bool event(Writer& out, std::string_view name, Value value) {
    namespace e = f::event;
    if (name == "timeUnixNano") return nanos(out, e::kTime, value);
    if (name == "name") return text(out, e::kName, value);
    if (name == "attributes") return attributes(out, e::kAttributes, value);
    if (name == "droppedAttributesCount") return count(out, e::kDroppedAttributes, value);
    return true;
  }

  bool link(Writer& out, std::string_view name, Value value) {
    namespace l = f::link;
    if (name == "traceId") return id<TraceId>(out, l::kTraceId, value);
    if (name == "spanId") return id<SpanId>(out, l::kSpanId, value);
    if (name == "traceState") return text(out, l::kTraceState, value);
    if (name == "attributes") return attributes(out, l::kAttributes, value);
    if (name == "droppedAttributesCount") return count(out, l::kDroppedAttributes, value);
    if (name == "flags") return flags(out, l::kFlags, value);
    return true;
  }

  bool status(Writer& out, std::string_view name, Value value) {
    if (name == "message") return text(out, f::status::kMessage, value);
    if (name == "code") return enumerator(out, f::status::kCode, value, kStatusCodes);
    return true;
  }

  bool attributes(Writer& out, f::Tag tag, Value array) {
    return messages(out, tag, array, &OtlpJson::key_value);
  }

  bool key_value(Writer& out, std::string_view name, Value value) {
    if (name == "key") return text(out, f::key_value::kKey, value);
    if (name == "value") return any_value(out, f::key_value::kValue, value);
    return true;
  }

  /// One AnyValue. A null inside an array is an empty one.
  bool any_value(Writer& parent, f::Tag tag, Value value) {
    if (value_depth_ == limits::kValueDepth) {
      metrics::count_limit_hit("value_depth");
      return json_.fail(Code::kTooLarge, "arrays and maps are nested too deep");
    }
    if (json_.is_null(value)) {
      parent.add_message(tag, "", 0);
      return true;
    }
    ++value_depth_;
    bool read = message(parent, tag, value, &OtlpJson::any_value_field);
    --value_depth_;
    return read;
  }

  bool any_value_field(Writer& out, std::string_view name, Value value) {
    namespace v = f::any_value;
    if (name == "stringValue") return text(out, v::kString, value, true);
    if (name == "boolValue") {
      auto truth = json_.boolean(value);
      if (truth) out.add_bool(v::kBool, *truth);
      return truth.has_value();
    }
    if (name == "intValue") {
      auto number = json_.integer<int64_t>(value);
      if (number) out.add_int64(v::kInt, *number);
      return number.has_value();
    }
    if (name == "doubleValue") {
      auto number = json_.real(value);
      if (number) out.add_double(v::kDouble, *number);
      return number.has_value();
    }
    if (name == "arrayValue") return message(out, v::kArray, value, &OtlpJson::array_field);
    if (name == "kvlistValue") return message(out, v::kMap, value, &OtlpJson::map_field);
    if (name == "bytesValue") return bytes(out, v::kBytes, value);
    return true;
  }

  bool array_field(Writer& out, std::string_view name, Value value) {
    if (name != "values") return true;
    return json_.elements(
        value, [&](Value element) { return any_value(out, f::values::kMember, element); });
  }

  bool map_field(Writer& out, std::string_view name, Value value) {
    return name != "values" || attributes(out, f::values::kMember, value);
  }

  bool text(Writer& out, f::Tag tag, Value value, bool also_empty = false) {
    auto text = json_.text(value);
    if (text && (also_empty || !text->empty())) out.add_string(tag, text->data(), text->size());
    return text.has_value();
  }

  bool bytes(Writer& out, f::Tag tag, Value value) {
    auto text = json_.text(value);
    if (!text) return false;
    auto bytes = decode_base64(*text);
    if (bytes) out.add_bytes(tag, *bytes);
    return bytes || json_.malformed("not base64");
  }

  template <typename Id>
  bool id(Writer& out, f::Tag tag, Value value) {
    constexpr size_t kDigits = 2 * sizeof(Id::bytes);
    auto hex = json_.text(value);
    if (!hex) return false;
    if (hex->empty()) return true;
    if (hex->size() != kDigits)
      return json_.malformed(fmt::format("{} hex digits, {} are needed", hex->size(), kDigits));
    auto id = Id::from_hex(*hex);
    if (!id) return json_.malformed("not hex");
    out.add_bytes(tag, id->raw().data(), id->raw().size());
    return true;
  }

  bool enumerator(Writer& out, f::Tag tag, Value value, std::span<const std::string_view> names) {
    if (json_.is_string(value)) {
      auto name = json_.text(value);
      if (!name) return false;
      auto found = std::find(names.begin(), names.end(), *name);
      if (found == names.end()) return json_.malformed("not a name of this enum");
      if (found != names.begin()) out.add_enum(tag, static_cast<int32_t>(found - names.begin()));
      return true;
    }
    auto number = json_.integer<int32_t>(value);
    if (number.value_or(0) != 0) out.add_enum(tag, *number);
    return number.has_value();
  }

  bool nanos(Writer& out, f::Tag tag, Value value) {
    auto number = json_.integer<uint64_t>(value);
    if (number.value_or(0) != 0) out.add_fixed64(tag, *number);
    return number.has_value();
  }

  bool count(Writer& out, f::Tag tag, Value value) {
    auto number = json_.integer<uint32_t>(value);
    if (number.value_or(0) != 0) out.add_uint32(tag, *number);
    return number.has_value();
  }

  bool flags(Writer& out, f::Tag tag, Value value) {
    auto number = json_.integer<uint32_t>(value);
    if (number.value_or(0) != 0) out.add_fixed32(tag, *number);
    return number.has_value();
  }

  JsonReader json_;
  std::string out_;
  int value_depth_ = 0;
};

}  // namespace

Result<std::string> otlp_json_to_protobuf(std::string_view json) {
  return OtlpJson(json).convert();
}

}  // namespace clew::receive
