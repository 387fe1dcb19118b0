#include "receive/otlp_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "base/ids.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/message_fields.h"
#include "receive/base64.h"
#include "receive/json_reader.h"

namespace clew::receive {
namespace {

using otlp::FieldType;
using otlp::Message;
using otlp::MessageField;
using Value = JsonReader::Value;
using Writer = protozero::pbf_writer;

/// Writes each JSON field as the protobuf field it stands for, in the order they come. Functions
/// return false once the reader has an error. Fields with their default value are left out, as
/// protobuf's own writers do, except where that they are there means something.
class OtlpJson {
 public:
  explicit OtlpJson(std::string_view json) : json_(json) {}

  Result<std::string> convert(Message root) {
    Writer request(out_);
    if (!json_.document([&](Value value) { return content(request, root, value); }))
      return std::unexpected(json_.error());
    return std::move(out_);
  }

 private:
  bool content(Writer& out, Message kind, Value object) {
    return json_.fields(object, [&](std::string_view name, Value value) {
      auto known = otlp::fields_of(kind);
      auto field = std::ranges::find(known, name, &MessageField::json_name);
      return field == known.end() || read(out, *field, value);
    });
  }

  bool read(Writer& out, const MessageField& field, Value value) {
    if (!field.repeated) return single(out, field, value, field.has_presence);
    if (is_packed(field.type)) return packed(out, field, value);
    return json_.elements(value, [&](Value element) { return single(out, field, element, true); });
  }

  /// One value of a field; with `also_default` written whatever it is.
  bool single(Writer& out, const MessageField& field, Value value, bool also_default) {
    switch (field.type) {
      case FieldType::kText:
        return text(out, field.tag, value, also_default);
      case FieldType::kBytes:
        return bytes(out, field.tag, value);
      case FieldType::kTraceId:
        return id<TraceId>(out, field.tag, value);
      case FieldType::kSpanId:
        return id<SpanId>(out, field.tag, value);
      case FieldType::kEnum:
        return enumerator(out, field, value);
      case FieldType::kMessage:
        if (field.inside == Message::kAnyValue) return any_value(out, field.tag, value);
        return message(out, field.tag, field.inside, value);
      default:
        return number(field.type, value, also_default,
                      [&](auto add, auto number) { (out.*add)(field.tag, number); });
    }
  }

  /// One sub-message.
  bool message(Writer& parent, otlp::fields::Tag tag, Message kind, Value object) {
    size_t before = out_.size();
    {
      Writer writer(parent, tag);
      if (!content(writer, kind, object)) return false;
    }
    // protozero takes an empty sub-message back, but an empty array or map is a value.
    if (out_.size() == before) parent.add_message(tag, "", 0);
    return true;
  }

  /// One AnyValue. A null inside an array is an empty one.
  bool any_value(Writer& parent, otlp::fields::Tag tag, Value value) {
    if (value_depth_ == limits::kValueDepth) {
      metrics::count_limit_hit("value_depth");
      return json_.fail(Code::kTooLarge, "arrays and maps are nested too deep");
    }
    if (json_.is_null(value)) {
      parent.add_message(tag, "", 0);
      return true;
    }
    ++value_depth_;
    bool read = message(parent, tag, Message::kAnyValue, value);
    --value_depth_;
    return read;
  }

  /// Reads a number or truth and gives it to `add` with the writer's function for its type.
  template <typename Add>
  bool number(FieldType type, Value value, bool also_default, Add&& add) {
    auto give = [&](auto read, auto writer) {
      if (read && (also_default || *read != 0)) add(writer, *read);
      return read.has_value();
    };
    switch (type) {
      case FieldType::kBool:
        return give(json_.boolean(value), &Writer::add_bool);
      case FieldType::kInt64:
        return give(json_.integer<int64_t>(value), &Writer::add_int64);
      case FieldType::kUint32:
        return give(json_.integer<uint32_t>(value), &Writer::add_uint32);
      case FieldType::kUint64:
        return give(json_.integer<uint64_t>(value), &Writer::add_uint64);
      case FieldType::kSint32:
        return give(json_.integer<int32_t>(value), &Writer::add_sint32);
      case FieldType::kFixed32:
        return give(json_.integer<uint32_t>(value), &Writer::add_fixed32);
      case FieldType::kFixed64:
        return give(json_.integer<uint64_t>(value), &Writer::add_fixed64);
      case FieldType::kSfixed64:
        return give(json_.integer<int64_t>(value), &Writer::add_sfixed64);
      default:
        return give(json_.real(value), &Writer::add_double);
    }
  }

  /// Lists of these stand in one field, one number behind the other.
  static bool is_packed(FieldType type) {
    return type == FieldType::kFixed64 || type == FieldType::kDouble || type == FieldType::kUint64;
  }

  bool packed(Writer& out, const MessageField& field, Value array) {
    std::string numbers;
    auto element = [&](Value value) {
      if (field.type == FieldType::kUint64) {
        auto number = json_.integer<uint64_t>(value);
        if (number) protozero::add_varint_to_buffer(&numbers, *number);
        return number.has_value();
      }
      // Eight bytes each: what a field of its own would have behind its one-byte tag.
      std::string one;
      Writer writer(one);
      auto add = [&](auto function, auto number) { (writer.*function)(1, number); };
      if (!this->number(field.type, value, true, add)) return false;
      numbers.append(one, 1);
      return true;
    };
    if (!json_.elements(array, element)) return false;
    if (!numbers.empty()) out.add_bytes(field.tag, numbers);
    return true;
  }

  bool text(Writer& out, otlp::fields::Tag tag, Value value, bool also_empty) {
    auto text = json_.text(value);
    if (text && (also_empty || !text->empty())) out.add_string(tag, text->data(), text->size());
    return text.has_value();
  }

  bool bytes(Writer& out, otlp::fields::Tag tag, Value value) {
    auto text = json_.text(value);
    if (!text) return false;
    auto bytes = decode_base64(*text);
    if (bytes) out.add_bytes(tag, *bytes);
    return bytes || json_.malformed("not base64");
  }

  template <typename Id>
  bool id(Writer& out, otlp::fields::Tag tag, Value value) {
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

  bool enumerator(Writer& out, const MessageField& field, Value value) {
    std::optional<int32_t> number;
    if (json_.is_string(value)) {
      auto name = json_.text(value);
      if (!name) return false;
      auto found = std::ranges::find(field.enum_names, *name);
      if (found == field.enum_names.end()) return json_.malformed("not a name of this enum");
      number = static_cast<int32_t>(found - field.enum_names.begin());
    } else {
      number = json_.integer<int32_t>(value);
    }
    if (number.value_or(0) != 0) out.add_enum(field.tag, *number);
    return number.has_value();
  }

  JsonReader json_;
  std::string out_;
  int value_depth_ = 0;
};

Message request_of(otlp::Signal signal) {
  switch (signal) {
    case otlp::Signal::kTraces:
      return Message::kTracesRequest;
    case otlp::Signal::kLogs:
      return Message::kLogsRequest;
    case otlp::Signal::kMetrics:
      return Message::kMetricsRequest;
  }
  std::unreachable();
}

}  // namespace

Result<std::string> otlp_json_to_protobuf(std::string_view json, otlp::Signal signal) {
  return OtlpJson(json).convert(request_of(signal));
}

Result<std::string> otlp_json_to_protobuf(std::string_view json) {
  return otlp_json_to_protobuf(json, otlp::Signal::kTraces);
}

}  // namespace clew::receive
