#include "receive/zipkin_thrift.h"

#include <bit>
#include <cstring>
#include <deque>
#include <optional>

#include "receive/field_budget.h"
#include "receive/ip_text.h"
#include "receive/thrift_ids.h"
#include "receive/thrift_reader.h"
#include "receive/zipkin_v1.h"

namespace clew::receive {
namespace {

/// The enumerators of AnnotationType.
enum AnnotationType : int32_t { kBool, kBytes, kI16, kI32, kI64, kDouble, kString };

/// A number of the bytes' length, most significant byte first.
uint64_t big_endian(std::string_view raw) {
  uint64_t number = 0;
  for (char c : raw) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

/// The value of a binary annotation; content of a wrong length stays bytes.
otlp::Value value_of(int32_t type, std::string_view raw) {
  using otlp::Value;
  if (type == kString) return Value::of_string(raw);
  if (type == kBool && raw.size() == 1) return Value::of_bool(raw[0] != 0);
  uint64_t number = big_endian(raw);
  if (type == kI16 && raw.size() == 2) return Value::of_int(static_cast<int16_t>(number));
  if (type == kI32 && raw.size() == 4) return Value::of_int(static_cast<int32_t>(number));
  if (type == kI64 && raw.size() == 8) return Value::of_int(static_cast<int64_t>(number));
  if (type == kDouble && raw.size() == 8) return Value::of_double(std::bit_cast<double>(number));
  return Value::of_bytes(raw);
}

/// Reads span after span, each at once into OTLP. One error ends it, the reader's or this one's.
class ZipkinThrift {
 public:
  explicit ZipkinThrift(std::string_view bytes) : in_(bytes) {}

  Result<std::string> convert() {
    in_.structs([this] {
      read_span();
      if (!in_.ok()) return;
      zipkin_v1_to_v2(v1_, span_);
      // Tags have types here, so there is nothing to parse.
      auto added = zipkin_to_otlp(span_, /*parse_string_tags=*/false, request_);
      if (!added) stop(std::move(added.error()));
    });
    if (error_) return std::unexpected(*std::move(error_));
    if (!in_.ok()) return std::unexpected(in_.error());
    return request_.finish();
  }

 private:
  void read_span() {
    budget_.refill();
    v1_.clear();
    addresses_.clear();
    int64_t trace_id = 0, trace_id_high = 0, id = 0, parent_id = 0, timestamp = 0, duration = 0;
    in_.fields([&](const ThriftField& field) {
      switch (field.id) {
        case 1:
          return in_.value(field, trace_id);
        case 3:
          return in_.value(field, v1_.name);
        case 4:
          return in_.value(field, id);
        case 5:
          return in_.value(field, parent_id);
        case 6:
          return in_.structs(field, [this] { read_annotation(); });
        case 8:
          return in_.structs(field, [this] { read_binary_annotation(); });
        case 9:
          return in_.value(field, v1_.debug);
        case 10:
          return in_.value(field, timestamp);
        case 11:
          return in_.value(field, duration);
        case 12:
          return in_.value(field, trace_id_high);
        default:
          return false;
      }
    });
    v1_.trace_id = trace_id_of(trace_id_high, trace_id);
    v1_.id = span_id_of(id);
    v1_.parent_id = span_id_of(parent_id);
    v1_.timestamp_us = not_negative(timestamp);
    v1_.duration_us = not_negative(duration);
  }

  /// Times before 1970 and negative durations count as not said.
  static uint64_t not_negative(int64_t number) {
    return number < 0 ? 0 : static_cast<uint64_t>(number);
  }

  void read_annotation() {
    if (!take_field()) return;
    ZipkinV1Annotation& annotation = v1_.annotations.emplace_back();
    int64_t timestamp = 0;
    in_.fields([&](const ThriftField& field) {
      if (field.id == 1) return in_.value(field, timestamp);
      if (field.id == 2) return in_.value(field, annotation.value);
      return field.id == 3 && read_endpoint(field, annotation.endpoint);
    });
    annotation.timestamp_us = not_negative(timestamp);
  }

  void read_binary_annotation() {
    if (!take_field()) return;
    ZipkinV1BinaryAnnotation& annotation = v1_.binary_annotations.emplace_back();
    std::string_view content;
    int32_t type = kString;
    in_.fields([&](const ThriftField& field) {
      if (field.id == 1) return in_.value(field, annotation.key);
      if (field.id == 2) return in_.value(field, content);
      if (field.id == 3) return in_.value(field, type);
      return field.id == 4 && read_endpoint(field, annotation.endpoint);
    });
    annotation.value = value_of(type, content);
  }

  bool read_endpoint(const ThriftField& endpoint, ZipkinEndpoint& out) {
    if (endpoint.type != ThriftType::kStruct || !take_field()) return false;
    int32_t ipv4 = 0;
    int16_t port = 0;
    std::string_view ipv6;
    in_.fields([&](const ThriftField& field) {
      if (field.id == 1) return in_.value(field, ipv4);
      if (field.id == 2) return in_.value(field, port);
      if (field.id == 3) return in_.value(field, out.service_name);
      return field.id == 4 && in_.value(field, ipv6);
    });
    uint32_t raw = __builtin_bswap32(static_cast<uint32_t>(ipv4));
    out.ipv4 = addresses_.emplace_back(ip_text({reinterpret_cast<const char*>(&raw), sizeof(raw)}));
    out.ipv6 = addresses_.emplace_back(ip_text(ipv6));
    out.port = static_cast<uint16_t>(port);
    return true;
  }

  bool take_field() {
    if (budget_.take()) return true;
    stop(FieldBudget::error());
    return false;
  }

  void stop(Error error) {
    error_ = std::move(error);
    in_.fail("stopped");
  }

  ThriftReader<ThriftBinary> in_;
  std::optional<Error> error_;
  FieldBudget budget_;
  ZipkinV1Span v1_;
  ZipkinSpan span_;
  std::deque<std::string> addresses_;  // that v1_ points to
  RequestBuilder request_;
};

}  // namespace

Result<std::string> zipkin_v1_thrift_to_otlp(std::string_view spans) {
  return ZipkinThrift(spans).convert();
}

}  // namespace clew::receive
