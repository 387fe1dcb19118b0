#include "receive/zipkin_json.h"

#include <fmt/format.h>

#include "receive/field_budget.h"
#include "receive/json_reader.h"
#include "receive/zipkin_v1.h"

namespace clew::receive {
namespace {

using Value = JsonReader::Value;

/// Reads span after span, each at once into OTLP. Functions return false once the reader has an
/// error.
class ZipkinJson {
 public:
  ZipkinJson(std::string_view json, bool parse_string_tags)
      : json_(json), parse_string_tags_(parse_string_tags) {}

  Result<std::string> convert_v2() {
    return convert([this](Value value) {
      span_.clear();
      auto read = [&](std::string_view name, Value member) { return field(span_, name, member); };
      return json_.fields(value, read);
    });
  }

  Result<std::string> convert_v1() {
    return convert([this](Value value) {
      v1_.clear();
      auto read = [&](std::string_view name, Value member) { return field(v1_, name, member); };
      if (!json_.fields(value, read)) return false;
      zipkin_v1_to_v2(v1_, span_);
      return true;
    });
  }

 private:
  /// `read(value)` -> bool reads one span into span_.
  template <typename Read>
  Result<std::string> convert(Read&& read) {
    auto element = [&](Value value) {
      budget_.refill();
      return read(value) && add_span();
    };
    if (!json_.document([&](Value root) { return json_.elements(root, element); }))
      return std::unexpected(json_.error());
    return request_.finish();
  }

  bool add_span() {
    if (span_.trace_id.is_zero()) return json_.missing("traceId");
    if (span_.id.is_zero()) return json_.missing("id");
    auto added = zipkin_to_otlp(span_, parse_string_tags_, request_);
    return added ? true : json_.fail(added.error().code, added.error().message);
  }

  bool field(ZipkinSpan& span, std::string_view name, Value value) {
    if (name == "traceId") return id(span.trace_id, value, true);
    if (name == "id") return id(span.id, value, true);
    if (name == "parentId") return id(span.parent_id, value, false);
    if (name == "kind") return text(span.kind, value);
    if (name == "name") return text(span.name, value);
    if (name == "timestamp") return integer(span.timestamp_us, value);
    if (name == "duration") return integer(span.duration_us, value);
    if (name == "localEndpoint") return endpoint(span.local, value);
    if (name == "remoteEndpoint") return endpoint(span.remote, value);
    if (name == "annotations") return annotations(span.annotations, value);
    if (name == "tags") return tags(span.tags, value);
    if (name == "shared") return truth(span.shared, value);
    if (name == "debug") return truth(span.debug, value);
    return true;
  }

  bool field(ZipkinV1Span& span, std::string_view name, Value value) {
    if (name == "traceId") return id(span.trace_id, value, true);
    if (name == "id") return id(span.id, value, true);
    if (name == "parentId") return id(span.parent_id, value, false);
    if (name == "name") return text(span.name, value);
    if (name == "timestamp") return integer(span.timestamp_us, value);
    if (name == "duration") return integer(span.duration_us, value);
    if (name == "debug") return truth(span.debug, value);
    if (name == "annotations") return annotations(span.annotations, value);
    if (name == "binaryAnnotations")
      return json_.elements(value, [&](Value object) { return binary_annotation(span, object); });
    return true;
  }

  template <typename Id>
  bool id(Id& out, Value value, bool needed) {
    constexpr size_t kDigits = 2 * sizeof(Id::bytes);
    auto hex = json_.text(value);
    if (!hex) return false;
    if (hex->empty() && !needed) return true;
    if (hex->empty() || hex->size() > kDigits)
      return json_.malformed(
          fmt::format("{} hex digits, 1 to {} are needed", hex->size(), kDigits));
    auto id = Id::from_hex(*hex);
    if (!id) return json_.malformed("not hex");
    if (needed && id->is_zero()) return json_.malformed("all zeros");
    out = *id;
    return true;
  }

  bool endpoint(ZipkinEndpoint& out, Value object) {
    return json_.fields(object, [&](std::string_view name, Value value) {
      if (name == "serviceName") return text(out.service_name, value);
      if (name == "ipv4") return text(out.ipv4, value);
      if (name == "ipv6") return text(out.ipv6, value);
      if (name == "port") return integer(out.port, value);
      return true;
    });
  }

  bool annotations(std::vector<ZipkinAnnotation>& out, Value array) {
    return json_.elements(array, [&](Value object) {
      if (!take_field()) return false;
      ZipkinAnnotation& annotation = out.emplace_back();
      return json_.fields(object, [&](std::string_view name, Value value) {
        if (name == "timestamp") return integer(annotation.timestamp_us, value);
        if (name == "value") return text(annotation.value, value);
        return true;
      });
    });
  }

  bool annotations(std::vector<ZipkinV1Annotation>& out, Value array) {
    return json_.elements(array, [&](Value object) {
      if (!take_field()) return false;
      ZipkinV1Annotation& annotation = out.emplace_back();
      return json_.fields(object, [&](std::string_view name, Value value) {
        if (name == "timestamp") return integer(annotation.timestamp_us, value);
        if (name == "value") return text(annotation.value, value);
        if (name == "endpoint") return endpoint(annotation.endpoint, value);
        return true;
      });
    });
  }

  bool binary_annotation(ZipkinV1Span& span, Value object) {
    if (!take_field()) return false;
    ZipkinV1BinaryAnnotation& annotation = span.binary_annotations.emplace_back();
    std::string_view content, type;
    bool quoted = true;
    auto field = [&](std::string_view name, Value value) {
      if (name == "key") return text(annotation.key, value);
      if (name == "type") return text(type, value);
      if (name == "endpoint") return endpoint(annotation.endpoint, value);
      if (name != "value") return true;
      quoted = json_.is_string(value);
      auto read = json_.scalar_text(value);
      if (read) content = *read;
      return read.has_value();
    };
    if (!json_.fields(object, field)) return false;
    annotation.value = v1_value(content, quoted, type);
    return true;
  }

  /// Numbers and truth values stand as such, or as text with their thrift type beside it. BYTES
  /// stay what they are here, base64.
  static otlp::Value v1_value(std::string_view content, bool quoted, std::string_view type) {
    bool is_text = type.empty() || type == "STRING" || type == "BYTES";
    if (quoted && is_text) return otlp::Value::of_string(content);
    otlp::Value value = parse_string_tag(content);
    bool whole = value.type() == otlp::ValueType::kInt;
    return whole && type == "DOUBLE" ? otlp::Value::of_double(double(value.as_int())) : value;
  }

  bool tags(Tags& out, Value object) {
    return json_.fields(object, [&](std::string_view name, Value value) {
      if (!take_field()) return false;
      auto text = json_.scalar_text(value);
      if (text) out.set(name, otlp::Value::of_string(*text));
      return text.has_value();
    });
  }

  bool text(std::string_view& out, Value value) {
    auto text = json_.text(value);
    if (text) out = *text;
    return text.has_value();
  }

  bool take_field() {
    if (budget_.take()) return true;
    return json_.fail(FieldBudget::error().code, FieldBudget::error().message);
  }

  template <typename T>
  bool integer(T& out, Value value) {
    auto number = json_.integer<T>(value);
    if (number) out = *number;
    return number.has_value();
  }

  bool truth(bool& out, Value value) {
    auto truth = json_.boolean(value);
    if (truth) out = *truth;
    return truth.has_value();
  }

  JsonReader json_;
  const bool parse_string_tags_;
  FieldBudget budget_;
  ZipkinV1Span v1_;
  ZipkinSpan span_;
  RequestBuilder request_;
};

}  // namespace

Result<std::string> zipkin_v2_json_to_otlp(std::string_view json, bool parse_string_tags) {
  return ZipkinJson(json, parse_string_tags).convert_v2();
}

Result<std::string> zipkin_v1_json_to_otlp(std::string_view json, bool parse_string_tags) {
  return ZipkinJson(json, parse_string_tags).convert_v1();
}

}  // namespace clew::receive
