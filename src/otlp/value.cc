#include "otlp/value.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/json.h"
#include "otlp/reader.h"

namespace clew::otlp {
namespace {

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return fmt::format("{}", value);
}

void append_json(std::string& out, const Value& value);

void append_json_array(std::string& out, const Value& value) {
  out += '[';
  bool first = true;
  for (Value element : value.elements()) {
    if (!std::exchange(first, false)) out += ',';
    append_json(out, element);
  }
  out += ']';
}

void append_json_map(std::string& out, const AttributeRange& entries) {
  out += '{';
  bool first = true;
  for (Attribute entry : entries) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, entry.key);
    out += ':';
    append_json(out, entry.value);
  }
  out += '}';
}

void append_json(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::kEmpty:
      out += "null";
      return;
    case ValueType::kBool:
    case ValueType::kInt:
      out += value.text();
      return;
    case ValueType::kDouble:
      // JSON has no NaN and no infinity: those stand as strings, as in protobuf's JSON.
      if (!std::isfinite(value.as_double())) return append_json_string(out, value.text());
      out += value.text();
      return;
    case ValueType::kString:
    case ValueType::kBytes:
      return append_json_string(out, value.text());
    case ValueType::kArray:
      return append_json_array(out, value);
    case ValueType::kMap:
      return append_json_map(out, value.entries());
  }
}

}  // namespace

Value Value::decode(std::string_view bytes) {
  Value value;
  auto become = [&](ValueType type, std::string_view content = {}) {
    value.type_ = type;
    value.bytes_ = content;
  };
  using namespace fields::any_value;
  for_each_field(bytes, [&](protozero::pbf_reader& reader) {
    switch (reader.tag()) {
      case kString:
        return become(ValueType::kString, view_of(reader));
      case kBool:
        value.number_.integer = reader.get_bool();
        return become(ValueType::kBool);
      case kInt:
        value.number_.integer = reader.get_int64();
        return become(ValueType::kInt);
      case kDouble:
        value.number_.real = reader.get_double();
        return become(ValueType::kDouble);
      case kArray:
        return become(ValueType::kArray, view_of(reader));
      case kMap:
        return become(ValueType::kMap, view_of(reader));
      case kBytes:
        return become(ValueType::kBytes, view_of(reader));
      default:
        reader.skip();
    }
  });
  return value;
}

Value Value::of_bool(bool value) {
  Value result(ValueType::kBool, {});
  result.number_.integer = value;
  return result;
}

Value Value::of_int(int64_t value) {
  Value result(ValueType::kInt, {});
  result.number_.integer = value;
  return result;
}

Value Value::of_double(double value) {
  Value result(ValueType::kDouble, {});
  result.number_.real = value;
  return result;
}

ValueRange Value::elements() const {
  return {type_ == ValueType::kArray ? bytes_ : std::string_view(), fields::values::kMember};
}

AttributeRange Value::entries() const {
  return {type_ == ValueType::kMap ? bytes_ : std::string_view(), fields::values::kMember};
}

std::string Value::text() const {
  switch (type_) {
    case ValueType::kEmpty:
      return {};
    case ValueType::kString:
      return std::string(bytes_);
    case ValueType::kBool:
      return as_bool() ? "true" : "false";
    case ValueType::kInt:
      return fmt::format("{}", as_int());
    case ValueType::kDouble:
      return number_text(as_double());
    case ValueType::kBytes:
      return absl::Base64Escape(absl::string_view(bytes_.data(), bytes_.size()));
    case ValueType::kArray:
    case ValueType::kMap:
      break;
  }
  std::string out;
  append_json(out, *this);
  return out;
}

Attribute Attribute::decode(std::string_view bytes) {
  Attribute attribute;
  for_each_field(bytes, [&](protozero::pbf_reader& reader) {
    switch (reader.tag()) {
      case fields::key_value::kKey:
        attribute.key = view_of(reader);
        break;
      case fields::key_value::kValue:
        attribute.value = Value::decode(view_of(reader));
        break;
      default:
        reader.skip();
    }
  });
  return attribute;
}

std::optional<Value> AttributeRange::find(std::string_view key) const {
  for (Attribute attribute : *this)
    if (attribute.key == key) return attribute.value;
  return std::nullopt;
}

std::string AttributeRange::json() const {
  std::string out;
  append_json_map(out, *this);
  return out;
}

}  // namespace clew::otlp
