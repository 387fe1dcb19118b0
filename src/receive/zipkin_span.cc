#include "receive/zipkin_span.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "otlp/attribute_writer.h"
#include "receive/optional_field.h"
#include "receive/otel_tags.h"

namespace clew::receive {
namespace {

namespace f = otlp::fields;
using Writer = protozero::pbf_writer;

constexpr uint64_t kNanosPerMicro = 1000;

/// What the tag `otel.status_code` says: as OpenTelemetry's specification has it, as the
/// Collector's exporter writes it, or as older ones of it did (contrib issue 14965).
otlp::StatusCode status_code_of(std::string_view name) {
  using enum otlp::StatusCode;
  if (name == "OK" || name == "STATUS_CODE_OK" || name == "Ok") return kOk;
  if (name == "ERROR" || name == "STATUS_CODE_ERROR" || name == "Error") return kError;
  return kUnset;
}

/// What the tag `error` says: a text, or a truth value, as v1's binary annotations may be.
std::string_view error_text(const otlp::Value* error) {
  if (error != nullptr && error->type() == otlp::ValueType::kString) return error->as_bytes();
  bool truth = error != nullptr && error->type() == otlp::ValueType::kBool && error->as_bool();
  return truth ? "true" : "false";
}

bool is_number(std::string_view digits) {
  return !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
}

/// An attribute that is a field of an endpoint, and what stands for it where a tag has its name.
struct FieldKey {
  std::string_view usual, beside_tag;
};

struct EndpointKeys {
  FieldKey service, ip, port;
  std::string_view ipv6;  // beside an IPv4 address
};
constexpr EndpointKeys kLocal{{"service.name", "zipkin.localEndpoint.serviceName"},
                              {"net.host.ip", "zipkin.localEndpoint.ip"},
                              {"net.host.port", "zipkin.localEndpoint.port"},
                              "zipkin.localEndpoint.ipv6"};
constexpr EndpointKeys kRemote{{"peer.service", "zipkin.remoteEndpoint.serviceName"},
                               {"net.peer.ip", "zipkin.remoteEndpoint.ip"},
                               {"net.peer.port", "zipkin.remoteEndpoint.port"},
                               "zipkin.remoteEndpoint.ipv6"};

/// In nanoseconds.
struct ZipkinTimes {
  UnixNanos start, end;
};

/// Writes one Span. The tags that other fields are made of are taken out of the attributes.
class SpanWriter {
 public:
  SpanWriter(ZipkinSpan& span, bool parse_string_tags, std::string& out)
      : span_(span), parse_string_tags_(parse_string_tags), out_(out), writer_(out) {}

  void write(const ZipkinTimes& times) {
    write_ids();
    add_text(writer_, f::span::kName, span_.name);
    if (auto kind = find_kind(); kind != otlp::SpanKind::kUnspecified)
      writer_.add_enum(f::span::kKind, static_cast<int32_t>(kind));
    writer_.add_fixed64(f::span::kStart, times.start);
    writer_.add_fixed64(f::span::kEnd, times.end);
    if (span_.timestamp_us == 0) write_flag("otel.zipkin.absentField.startTime");
    write_status();
    write_dropped(f::span::kDroppedAttributes, "otel.dropped_attributes_count");
    write_dropped(f::span::kDroppedEvents, "otel.dropped_events_count");
    write_dropped(f::span::kDroppedLinks, "otel.dropped_links_count");
    write_endpoint(span_.local, kLocal);
    write_endpoint(span_.remote, kRemote);
    write_names_of_tags();
    if (span_.shared) write_flag("zipkin.shared");
    if (span_.debug) write_flag("zipkin.debug");
    for (const otlp::Attribute& tag : span_.tags) write_tag(tag);
    for (const ZipkinAnnotation& annotation : span_.annotations) {
      Writer event(writer_, f::span::kEvents);
      event.add_fixed64(f::event::kTime, annotation.timestamp_us * kNanosPerMicro);
      add_text(event, f::event::kName, annotation.value);
    }
  }

 private:
  void write_ids() {
    add_id(writer_, f::span::kTraceId, span_.trace_id);
    add_id(writer_, f::span::kSpanId, span_.id);
    if (span_.parent_id != span_.id) add_id(writer_, f::span::kParentSpanId, span_.parent_id);
    if (auto state = span_.tags.take_text("w3c.tracestate"))
      add_text(writer_, f::span::kTraceState, *state);
  }

  otlp::SpanKind find_kind() {
    using enum otlp::SpanKind;
    if (span_.kind == "CLIENT") return kClient;
    if (span_.kind == "SERVER") return kServer;
    if (span_.kind == "PRODUCER") return kProducer;
    if (span_.kind == "CONSUMER") return kConsumer;
    return take_kind(span_.tags);
  }

  void write_status() {
    Tags& tags = span_.tags;
    auto code = otlp::StatusCode::kUnset;
    std::string_view message;
    if (auto name = tags.take_text("otel.status_code")) {
      code = status_code_of(*name);
      if (code == otlp::StatusCode::kError) note_tag("otel.status_code");
      message = tags.take_text("otel.status_description").value_or("");
    }
    if (std::string_view text = error_text(tags.find("error")); text != "false") {
      code = otlp::StatusCode::kError;
      if (text == "true") {
        tags.remove("error");  // the status says it
      } else if (message.empty()) {
        message = text;
      }
    }
    add_status(writer_, code, message);
  }

  void write_dropped(f::Tag tag, std::string_view key) {
    auto text = span_.tags.find_text(key);
    if (!text) return;
    uint32_t count = 0;
    auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error != std::errc() || stop != text->data() + text->size()) return;
    span_.tags.remove(key);
    if (count != 0) writer_.add_uint32(tag, count);
  }

  void write_endpoint(const ZipkinEndpoint& endpoint, const EndpointKeys& keys) {
    std::string_view ip = endpoint.ipv4.empty() ? endpoint.ipv6 : endpoint.ipv4;
    // The local one's is the resource's.
    if (&endpoint == &span_.remote && !endpoint.service_name.empty())
      write_field(keys.service, otlp::Value::of_string(endpoint.service_name));
    if (!ip.empty()) write_field(keys.ip, otlp::Value::of_string(ip));
    if (!endpoint.ipv4.empty() && !endpoint.ipv6.empty())
      add_attribute(keys.ipv6, otlp::Value::of_string(endpoint.ipv6));
    if (endpoint.port != 0) write_field(keys.port, otlp::Value::of_int(endpoint.port));
  }

  /// A tag of that name stays what it is, as OTLP wants keys to be unique.
  void write_field(const FieldKey& key, const otlp::Value& value) {
    bool is_tag = span_.tags.find(key.usual) != nullptr;
    add_attribute(is_tag ? key.beside_tag : key.usual, value);
  }

  /// Says which attributes are tags though they have the names of fields, and which fields have
  /// come as tags.
  void write_names_of_tags() {
    for (const EndpointKeys* keys : {&kLocal, &kRemote})
      for (const FieldKey* key : {&keys->service, &keys->ip, &keys->port})
        if (span_.tags.find(key->usual) != nullptr) note_tag(key->usual);
    if (!names_of_tags_.empty())
      add_attribute("zipkin.tags", otlp::Value::of_string(names_of_tags_));
  }

  void note_tag(std::string_view name) {
    if (!names_of_tags_.empty()) names_of_tags_ += ',';
    names_of_tags_ += name;
  }

  void add_attribute(std::string_view key, const otlp::Value& value) {
    otlp::append_attribute(out_, f::span::kAttributes, key, value);
  }

  void write_flag(std::string_view key) {
    if (span_.tags.find(key) == nullptr)
      otlp::append_attribute(out_, f::span::kAttributes, key, otlp::Value::of_bool(true));
  }

  void write_tag(const otlp::Attribute& tag) {
    bool parse = parse_string_tags_ && tag.value.type() == otlp::ValueType::kString;
    otlp::append_attribute(out_, f::span::kAttributes, tag.key,
                           parse ? parse_string_tag(tag.value.as_bytes()) : tag.value);
  }

  ZipkinSpan& span_;
  const bool parse_string_tags_;
  std::string& out_;
  Writer writer_;  // of out_
  std::string names_of_tags_;
};

/// Start and end, in nanoseconds; a span without a timestamp starts with its first annotation.
Result<ZipkinTimes> times_of(const ZipkinSpan& span) {
  constexpr uint64_t kLast = UINT64_MAX / kNanosPerMicro;
  uint64_t start_us = span.timestamp_us;
  bool fits = true;
  for (const ZipkinAnnotation& annotation : span.annotations) {
    fits &= annotation.timestamp_us <= kLast;
    if (span.timestamp_us == 0 && (start_us == 0 || annotation.timestamp_us < start_us))
      start_us = annotation.timestamp_us;
  }
  if (!fits || start_us > kLast || span.duration_us > kLast - start_us)
    return fail(Code::kMalformed, "its times are past the year 2554");
  return ZipkinTimes{start_us * kNanosPerMicro, (start_us + span.duration_us) * kNanosPerMicro};
}

std::string resource_of(const ZipkinSpan& span) {
  std::string out;
  if (!span.local.service_name.empty())
    otlp::append_attribute(out, f::resource::kAttributes, "service.name",
                           otlp::Value::of_string(span.local.service_name));
  return out;
}

}  // namespace

otlp::Value parse_string_tag(std::string_view text) {
  if (text == "true" || text == "false") return otlp::Value::of_bool(text == "true");
  std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  auto read = [&](auto number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() ? std::optional(number) : std::nullopt;
  };
  if (is_number(digits)) {
    auto number = read(int64_t{0});
    return number ? otlp::Value::of_int(*number) : otlp::Value::of_string(text);
  }
  size_t point = digits.find('.');
  if (point != digits.npos && is_number(digits.substr(0, point)) &&
      is_number(digits.substr(point + 1))) {
    auto number = read(double{0});
    if (number) return otlp::Value::of_double(*number);
  }
  return otlp::Value::of_string(text);
}

void ZipkinSpan::clear() {
  ZipkinSpan fresh;
  std::swap(fresh.annotations, annotations);
  std::swap(fresh.tags, tags);
  fresh.annotations.clear();
  fresh.tags.clear();
  *this = std::move(fresh);
}

Result<void> zipkin_to_otlp(ZipkinSpan& span, bool parse_string_tags, RequestBuilder& request) {
  auto times = times_of(span);
  if (!times) return std::unexpected(std::move(times.error()));
  std::string scope = take_scope(span.tags);
  return request.add(resource_of(span), scope, [&](std::string& out) {
    SpanWriter(span, parse_string_tags, out).write(*times);
  });
}

}  // namespace clew::receive
