#include "receive/zipkin_proto.h"

#include <array>
#include <deque>
#include <optional>

#include "otlp/reader.h"
#include "receive/field_budget.h"
#include "receive/ip_text.h"
#include "receive/proto_field.h"
#include "receive/zipkin_span.h"

namespace clew::receive {
namespace {

using otlp::view_of;
using Reader = protozero::pbf_reader;

/// Span.Kind, by its numbers.
constexpr std::array<std::string_view, 5> kKinds = {"", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"};

/// Reads span after span, each at once into OTLP. Functions return false once there is an error;
/// damage is thrown by the reader.
class ZipkinProto {
 public:
  explicit ZipkinProto(bool parse_string_tags) : parse_string_tags_(parse_string_tags) {}

  Result<std::string> convert(std::string_view list) {
    for (Reader in(list.data(), list.size()); in.next();) {
      if (in.tag_and_type() != text_field(1))
        in.skip();
      else if (!span(view_of(in)))
        return std::unexpected(*std::move(error_));
    }
    return request_.finish();
  }

 private:
  bool span(std::string_view message) {
    budget_.refill();
    span_.clear();
    addresses_.clear();
    for (Reader in(message.data(), message.size()); in.next();)
      if (!field(in)) return false;
    auto added = zipkin_to_otlp(span_, parse_string_tags_, request_);
    return added ? true : stop(std::move(added.error()));
  }

  bool field(Reader& in) {
    switch (in.tag_and_type()) {
      case text_field(1):
        return set_id(view_of(in), span_.trace_id);
      case text_field(2):
        return set_id(view_of(in), span_.parent_id);
      case text_field(3):
        return set_id(view_of(in), span_.id);
      case varint_field(4):
        return kind(in.get_uint32());
      case text_field(5):
        span_.name = view_of(in);
        return true;
      case fixed64_field(6):
        span_.timestamp_us = in.get_fixed64();
        return true;
      case varint_field(7):
        span_.duration_us = in.get_uint64();
        return true;
      case text_field(8):
        return endpoint(view_of(in), span_.local);
      case text_field(9):
        return endpoint(view_of(in), span_.remote);
      case text_field(10):
        return annotation(view_of(in));
      case text_field(11):
        return tag(view_of(in));
      case varint_field(12):
        span_.debug = in.get_bool();
        return true;
      case varint_field(13):
        span_.shared = in.get_bool();
        return true;
      default:
        in.skip();
        return true;
    }
  }

  template <typename Id>
  bool set_id(std::string_view raw, Id& id) {
    auto read = id_of<Id>(raw);
    if (!read) return stop({Code::kMalformed, fmt::format("an ID of {} bytes", raw.size())});
    id = *read;
    return true;
  }

  bool kind(uint32_t number) {
    if (number < kKinds.size()) span_.kind = kKinds[number];
    return true;
  }

  bool endpoint(std::string_view message, ZipkinEndpoint& out) {
    if (!budget_.take()) return stop(FieldBudget::error());
    for (Reader in(message.data(), message.size()); in.next();) {
      switch (in.tag_and_type()) {
        case text_field(1):
          out.service_name = view_of(in);
          break;
        case text_field(2):
          out.ipv4 = addresses_.emplace_back(ip_text(view_of(in)));
          break;
        case text_field(3):
          out.ipv6 = addresses_.emplace_back(ip_text(view_of(in)));
          break;
        case varint_field(4):
          out.port = static_cast<uint16_t>(in.get_int32());
          break;
        default:
          in.skip();
      }
    }
    return true;
  }

  bool annotation(std::string_view message) {
    if (!budget_.take()) return stop(FieldBudget::error());
    ZipkinAnnotation& annotation = span_.annotations.emplace_back();
    for (Reader in(message.data(), message.size()); in.next();) {
      switch (in.tag_and_type()) {
        case fixed64_field(1):
          annotation.timestamp_us = in.get_fixed64();
          break;
        case text_field(2):
          annotation.value = view_of(in);
          break;
        default:
          in.skip();
      }
    }
    return true;
  }

  /// An entry of a map<string, string>.
  bool tag(std::string_view message) {
    if (!budget_.take()) return stop(FieldBudget::error());
    std::string_view key, text;
    for (Reader in(message.data(), message.size()); in.next();) {
      switch (in.tag_and_type()) {
        case text_field(1):
          key = view_of(in);
          break;
        case text_field(2):
          text = view_of(in);
          break;
        default:
          in.skip();
      }
    }
    span_.tags.set(key, otlp::Value::of_string(text));
    return true;
  }

  bool stop(Error error) {
    error_ = std::move(error);
    return false;
  }

  const bool parse_string_tags_;
  std::optional<Error> error_;
  FieldBudget budget_;
  ZipkinSpan span_;
  std::deque<std::string> addresses_;  // that span_ points to
  RequestBuilder request_;
};

}  // namespace

Result<std::string> zipkin_proto_to_otlp(std::string_view spans, bool parse_string_tags) {
  return guard_against_damage([&] { return ZipkinProto(parse_string_tags).convert(spans); });
}

}  // namespace clew::receive
