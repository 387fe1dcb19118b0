#include "api/zipkin_json.h"

#include <algorithm>
#include <map>
#include <vector>

#include "api/zipkin_fields.h"
#include "store/trace_id.h"

namespace clew::api {
namespace {

using otlp::Value;

constexpr uint64_t kNanosPerMicro = 1000;

/// One span on its way: first taken apart, then written in the order of Zipkin's own encoder.
class SpanOut {
 public:
  SpanOut(const otlp::Batch& batch, const otlp::SpanRef& ref)
      : span_(batch.decode(ref)), scope_(batch.scope_of(ref)), resource_(batch.resource_of(ref)) {
    auto add = [this](const otlp::Attribute& tag) { add_tag(tag.key, tag.value); };
    fields_ = read_zipkin_fields(span_, resource_, add);
    add_status_tags();
    add_field_tags();
    for (otlp::Attribute attribute : scope_.attributes()) add_tag(attribute.key, attribute.value);
    for (otlp::Attribute attribute : resource_.attributes())
      if (attribute.key != "service.name") add_tag(attribute.key, attribute.value);
  }

  void write(JsonWriter& json) {
    json.begin_object().member("traceId", zipkin_trace_id(span_.trace_id));
    if (!span_.parent_span_id.is_zero()) json.member("parentId", span_.parent_span_id.hex());
    json.member("id", span_.span_id.hex());
    write_kind(json);
    if (!span_.name.empty()) json.member("name", zipkin_name(span_.name));
    if (fields_.has_start && span_.start >= kNanosPerMicro)
      json.member("timestamp", span_.start / kNanosPerMicro);
    if (uint64_t duration = span_.duration(); duration > 0)
      json.member("duration", std::max<uint64_t>(1, duration / kNanosPerMicro));
    write_endpoint(json, "localEndpoint", fields_.local);
    write_endpoint(json, "remoteEndpoint", fields_.remote);
    write_annotations(json);
    write_tags(json);
    if (fields_.debug) json.member("debug", true);
    if (fields_.shared) json.member("shared", true);
    json.end_object();
  }

 private:
  void add_tag(std::string_view key, const Value& value) {
    tags_.try_emplace(std::string(key), value.text());
  }
  void add_tag(std::string_view key, std::string_view text) {
    tags_.try_emplace(std::string(key), text);
  }

  void add_status_tags() {
    if (span_.status == otlp::StatusCode::kOk) add_tag("otel.status_code", "OK");
    if (span_.status != otlp::StatusCode::kError) return;
    std::string_view message = span_.status_message;
    auto [error, added] = tags_.try_emplace("error", message.empty() ? "true" : message);
    bool differs = !added && !message.empty() && error->second != message;
    if (differs || fields_.has_status_tag) add_tag("otel.status_code", "ERROR");
    if (differs) add_tag("otel.status_description", message);
  }

  void add_field_tags() {
    if (span_.kind == otlp::SpanKind::kInternal) add_tag("span.kind", name_of(span_.kind));
    if (!span_.trace_state.empty()) add_tag("w3c.tracestate", span_.trace_state);
    if (!scope_.name.empty()) add_tag("otel.scope.name", scope_.name);
    if (!scope_.version.empty()) add_tag("otel.scope.version", scope_.version);
    add_count("otel.dropped_attributes_count", span_.dropped_attributes);
    add_count("otel.dropped_events_count", span_.dropped_events);
    add_count("otel.dropped_links_count", span_.dropped_links);
    size_t number = 0;
    for (otlp::Link link : span_.links())
      add_tag(fmt::format("otlp.link.{}", number++),
              fmt::format("{}|{}|{}|{}|{}", link.trace_id.hex(), link.span_id.hex(),
                          link.trace_state, link.attributes().json(), link.dropped_attributes));
  }

  void add_count(std::string_view key, uint32_t count) {
    if (count != 0) add_tag(key, std::to_string(count));
  }

  void write_kind(JsonWriter& json) const {
    using enum otlp::SpanKind;
    if (span_.kind == kUnspecified || span_.kind == kInternal) return;
    std::string name(name_of(span_.kind));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    json.member("kind", name);
  }

  static void write_endpoint(JsonWriter& json, std::string_view key,
                             const ZipkinEndpoint& endpoint) {
    if (endpoint.empty()) return;
    json.key(key).begin_object();
    if (!endpoint.service.empty()) json.member("serviceName", endpoint.service);
    if (!endpoint.ipv4.empty()) json.member("ipv4", endpoint.ipv4);
    if (!endpoint.ipv6.empty()) json.member("ipv6", endpoint.ipv6);
    if (endpoint.port != 0) json.member("port", endpoint.port);
    json.end_object();
  }

  void write_annotations(JsonWriter& json) const {
    std::vector<std::pair<uint64_t, std::string>> annotations;
    for (otlp::Event event : span_.events()) {
      std::string value(event.name);
      if (!event.attributes().empty())
        value = fmt::format("\"{}\": {}", event.name, event.attributes().json());
      annotations.emplace_back(event.time / kNanosPerMicro, std::move(value));
    }
    if (annotations.empty()) return;
    std::ranges::sort(annotations);
    auto repeated = std::ranges::unique(annotations);
    annotations.erase(repeated.begin(), repeated.end());
    json.key("annotations").begin_array();
    for (const auto& [time, value] : annotations)
      json.begin_object().member("timestamp", time).member("value", value).end_object();
    json.end_array();
  }

  void write_tags(JsonWriter& json) const {
    if (tags_.empty()) return;
    json.key("tags").begin_object();
    for (const auto& [key, value] : tags_) json.member(key, value);
    json.end_object();
  }

  const otlp::Span span_;
  const otlp::ScopeRef& scope_;
  const otlp::ResourceRef& resource_;
  ZipkinFields fields_;
  std::map<std::string, std::string> tags_;
};

}  // namespace

std::string zipkin_trace_id(const TraceId& id) {
  return store::is_short(id) ? id.hex().substr(16) : id.hex();
}

void write_zipkin_span(JsonWriter& json, const otlp::Batch& batch, const otlp::SpanRef& ref) {
  SpanOut(batch, ref).write(json);
}

}  // namespace clew::api
