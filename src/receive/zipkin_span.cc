#include "receive/zipkin_span.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <protozero/pbf_writer.hpp>

#include "otlp/fields.h"
#include "otlp/span.h"

namespace clew::receive {
namespace {

namespace f = otlp::fields;
using Writer = protozero::pbf_writer;

constexpr uint64_t kNanosPerMicro = 1000;

void add_text(Writer& out, f::Tag tag, std::string_view text) {
  if (!text.empty()) out.add_string(tag, text.data(), text.size());
}

/// Writes one attribute; `set` writes its AnyValue.
template <typename F>
void add_attribute(Writer& out, f::Tag tag, std::string_view key, F&& set) {
  Writer attribute(out, tag);
  attribute.add_string(f::key_value::kKey, key.data(), key.size());
  Writer value(attribute, f::key_value::kValue);
  set(value);
}

void add_attribute(Writer& out, f::Tag tag, std::string_view key, std::string_view text) {
  add_attribute(out, tag, key, [&](Writer& value) {
    value.add_string(f::any_value::kString, text.data(), text.size());
  });
}

/// Writes one Span. The tags that other fields are made of are left out of the attributes.
class SpanWriter {
 public:
  explicit SpanWriter(const ZipkinSpan& span) : span_(span) {}

  Result<std::string> write() {
    std::string out;
    Writer writer(out);
    write_ids(writer);
    add_text(writer, f::span::kName, span_.name);
    if (auto kind = kind_of(); kind != otlp::SpanKind::kUnspecified)
      writer.add_enum(f::span::kKind, static_cast<int32_t>(kind));
    if (auto times = write_times(writer); !times) return std::unexpected(times.error());
    write_status(writer);
    write_dropped(writer, f::span::kDroppedAttributes, "otel.dropped_attributes_count");
    write_dropped(writer, f::span::kDroppedEvents, "otel.dropped_events_count");
    write_dropped(writer, f::span::kDroppedLinks, "otel.dropped_links_count");
    for (auto key :
         {"otel.scope.name", "otel.scope.version", "otel.library.name", "otel.library.version"})
      take(key);
    write_endpoint(writer, span_.local, "net.host.ip", "net.host.port");
    if (!span_.remote.service_name.empty())
      add_unless_tag(writer, "peer.service", span_.remote.service_name);
    write_endpoint(writer, span_.remote, "net.peer.ip", "net.peer.port");
    if (span_.shared) write_flag(writer, "zipkin.shared");
    if (span_.debug) write_flag(writer, "zipkin.debug");
    for (const ZipkinTag& tag : span_.tags)
      if (!is_taken(tag.key)) add_attribute(writer, f::span::kAttributes, tag.key, tag.value);
    for (const ZipkinAnnotation& annotation : span_.annotations) {
      Writer event(writer, f::span::kEvents);
      event.add_fixed64(f::event::kTime, annotation.timestamp_us * kNanosPerMicro);
      add_text(event, f::event::kName, annotation.value);
    }
    return out;
  }

 private:
  /// The tag's value if there is one; it then becomes no attribute.
  std::optional<std::string_view> take(std::string_view key) {
    const ZipkinTag* tag = span_.find_tag(key);
    if (tag == nullptr) return std::nullopt;
    taken_[taken_count_++] = key;
    return tag->value;
  }

  bool is_taken(std::string_view key) const {
    return std::find(taken_.begin(), taken_.begin() + taken_count_, key) !=
           taken_.begin() + taken_count_;
  }

  void write_ids(Writer& out) {
    auto add = [&out](f::Tag tag, const auto& id) {
      if (!id.is_zero()) out.add_bytes(tag, id.raw().data(), id.raw().size());
    };
    add(f::span::kTraceId, span_.trace_id);
    add(f::span::kSpanId, span_.id);
    if (span_.parent_id != span_.id) add(f::span::kParentSpanId, span_.parent_id);
    if (auto state = take("w3c.tracestate")) add_text(out, f::span::kTraceState, *state);
  }

  otlp::SpanKind kind_of() {
    using enum otlp::SpanKind;
    if (span_.kind == "CLIENT") return kClient;
    if (span_.kind == "SERVER") return kServer;
    if (span_.kind == "PRODUCER") return kProducer;
    if (span_.kind == "CONSUMER") return kConsumer;
    const ZipkinTag* tag = span_.find_tag("span.kind");
    if (tag == nullptr) return kUnspecified;
    for (auto kind : {kInternal, kServer, kClient, kProducer, kConsumer}) {
      if (tag->value != otlp::name_of(kind)) continue;
      take("span.kind");
      return kind;
    }
    return kUnspecified;
  }

  Result<void> write_times(Writer& out) {
    uint64_t start_us = span_.timestamp_us;
    for (const ZipkinAnnotation& annotation : span_.annotations) {
      if (annotation.timestamp_us > UINT64_MAX / kNanosPerMicro) return past_the_end();
      if (span_.timestamp_us != 0) continue;
      start_us =
          start_us == 0 ? annotation.timestamp_us : std::min(start_us, annotation.timestamp_us);
    }
    if (start_us > UINT64_MAX / kNanosPerMicro ||
        span_.duration_us > UINT64_MAX / kNanosPerMicro - start_us)
      return past_the_end();
    out.add_fixed64(f::span::kStart, start_us * kNanosPerMicro);
    out.add_fixed64(f::span::kEnd, (start_us + span_.duration_us) * kNanosPerMicro);
    if (span_.timestamp_us == 0) write_flag(out, "otel.zipkin.absentField.startTime");
    return {};
  }

  static Result<void> past_the_end() {
    return fail(Code::kMalformed, "its times are past the year 2554");
  }

  void write_status(Writer& out) {
    auto code = otlp::StatusCode::kUnset;
    std::string_view message;
    if (auto name = take("otel.status_code")) {
      if (*name == "OK" || *name == "STATUS_CODE_OK") code = otlp::StatusCode::kOk;
      if (*name == "ERROR" || *name == "STATUS_CODE_ERROR") code = otlp::StatusCode::kError;
      message = take("otel.status_description").value_or("");
    }
    if (const ZipkinTag* error = span_.find_tag("error"); error && error->value != "false") {
      code = otlp::StatusCode::kError;
      if (error->value.empty() || error->value == "true") {
        take("error");
      } else if (message.empty()) {
        message = error->value;
      }
    }
    if (code == otlp::StatusCode::kUnset && message.empty()) return;
    Writer status(out, f::span::kStatus);
    add_text(status, f::status::kMessage, message);
    if (code != otlp::StatusCode::kUnset)
      status.add_enum(f::status::kCode, static_cast<int32_t>(code));
  }

  void write_dropped(Writer& out, f::Tag tag, std::string_view key) {
    const ZipkinTag* found = span_.find_tag(key);
    if (found == nullptr) return;
    uint32_t count = 0;
    const char* end = found->value.data() + found->value.size();
    auto [stop, error] = std::from_chars(found->value.data(), end, count);
    if (error != std::errc() || stop != end) return;
    take(key);
    if (count != 0) out.add_uint32(tag, count);
  }

  void write_endpoint(Writer& out, const ZipkinEndpoint& endpoint, std::string_view ip_key,
                      std::string_view port_key) {
    std::string_view ip = endpoint.ipv4.empty() ? endpoint.ipv6 : endpoint.ipv4;
    if (!ip.empty()) add_unless_tag(out, ip_key, ip);
    if (endpoint.port == 0 || span_.find_tag(port_key) != nullptr) return;
    add_attribute(out, f::span::kAttributes, port_key,
                  [&](Writer& value) { value.add_int64(f::any_value::kInt, endpoint.port); });
  }

  /// A tag of that name says it already, and OTLP wants keys to be unique.
  void add_unless_tag(Writer& out, std::string_view key, std::string_view text) {
    if (span_.find_tag(key) == nullptr) add_attribute(out, f::span::kAttributes, key, text);
  }

  void write_flag(Writer& out, std::string_view key) {
    if (span_.find_tag(key) != nullptr) return;
    add_attribute(out, f::span::kAttributes, key,
                  [](Writer& value) { value.add_bool(f::any_value::kBool, true); });
  }

  const ZipkinSpan& span_;
  std::array<std::string_view, 16> taken_;  // more than there are names to take
  size_t taken_count_ = 0;
};

/// The scope's name or version: the newer tag, else the older.
std::string_view scope_tag(const ZipkinSpan& span, std::string_view newer, std::string_view older) {
  const ZipkinTag* tag = span.find_tag(newer);
  if (tag == nullptr) tag = span.find_tag(older);
  return tag == nullptr ? std::string_view() : tag->value;
}

}  // namespace

const ZipkinTag* ZipkinSpan::find_tag(std::string_view key) const {
  auto found = std::find_if(tags.begin(), tags.end(), [&](auto& tag) { return tag.key == key; });
  return found == tags.end() ? nullptr : &*found;
}

Result<ZipkinAsOtlp> zipkin_to_otlp(const ZipkinSpan& span) {
  auto bytes = SpanWriter(span).write();
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  ZipkinAsOtlp out{.resource = {}, .scope = {}, .span = *std::move(bytes)};
  if (!span.local.service_name.empty()) {
    Writer resource(out.resource);
    add_attribute(resource, f::resource::kAttributes, "service.name", span.local.service_name);
  }
  Writer scope(out.scope);
  add_text(scope, f::scope::kName, scope_tag(span, "otel.scope.name", "otel.library.name"));
  add_text(scope, f::scope::kVersion,
           scope_tag(span, "otel.scope.version", "otel.library.version"));
  return out;
}

}  // namespace clew::receive
