// Attributes and their typed values, read in place. Source: opentelemetry-proto common.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "otlp/messages.h"

namespace clew::otlp {

enum class ValueType : uint8_t { kEmpty, kString, kBool, kInt, kDouble, kArray, kMap, kBytes };

class AttributeRange;
class ValueRange;

/// One AnyValue. A view: the bytes it was decoded from must outlive it.
class Value {
 public:
  Value() = default;

  /// Reads the AnyValue message `bytes`; of several set fields the last wins, as in protobuf.
  static Value decode(std::string_view bytes);

  /// A value that was never a message.
  static Value of_string(std::string_view text) { return {ValueType::kString, text}; }
  static Value of_bytes(std::string_view content) { return {ValueType::kBytes, content}; }
  static Value of_bool(bool value);
  static Value of_int(int64_t value);
  static Value of_double(double value);

  ValueType type() const { return type_; }
  bool as_bool() const { return number_.integer != 0; }
  int64_t as_int() const { return number_.integer; }
  double as_double() const { return number_.real; }
  /// The text of a kString, the content of a kBytes.
  std::string_view as_bytes() const { return bytes_; }
  ValueRange elements() const;     // of a kArray
  AttributeRange entries() const;  // of a kMap

  /// How people write it, and what a search compares with: a string as it is, `true`, `42`, `0.5`,
  /// bytes as base64, arrays and maps as JSON.
  std::string text() const;

 private:
  Value(ValueType type, std::string_view bytes) : type_(type), bytes_(bytes) {}

  ValueType type_ = ValueType::kEmpty;
  std::string_view bytes_;
  union {
    int64_t integer;
    double real;
  } number_{0};
};

/// One KeyValue.
struct Attribute {
  std::string_view key;
  Value value;

  static Attribute decode(std::string_view bytes);
};

/// The attributes of a message (resource, scope, span, event, link, map), in order.
class AttributeRange : public DecodedRange<Attribute> {
 public:
  using DecodedRange::DecodedRange;

  /// The value under `key`, the first if it stands there twice.
  std::optional<Value> find(std::string_view key) const;

  /// All of them as one JSON object, values as Value::text() writes them inside maps.
  std::string json() const;
};

/// The elements of an array value, in order.
class ValueRange : public DecodedRange<Value> {
 public:
  using DecodedRange::DecodedRange;
};

}  // namespace clew::otlp
