#include "api/zipkin_json.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <vector>

#include "store/trace_id.h"

namespace clew::api {
namespace {

using otlp::Value;
using otlp::ValueType;

constexpr uint64_t kNanosPerMicro = 1000;
constexpr std::string_view kNoStart = "otel.zipkin.absentField.startTime";

/// The attributes that one endpoint is made of.
struct EndpointKeys {
  std::string_view service, ip, ipv6, port;
};
constexpr EndpointKeys kLocal{"service.name", "net.host.ip", "zipkin.localEndpoint.ipv6",
                              "net.host.port"};
constexpr EndpointKeys kRemote{"peer.service", "net.peer.ip", "zipkin.remoteEndpoint.ipv6",
                               "net.peer.port"};

struct Endpoint {
  std::string service, ipv4, ipv6;
  uint16_t port = 0;
};

/// A port is a number, or a text that is one: with tags that are texts everything is.
uint16_t port_of(const Value& value) {
  std::string text = value.text();
  bool digits = !text.empty() && text.size() <= 5 &&
                text.find_first_not_of("0123456789") == std::string::npos;
  unsigned long number = digits ? std::stoul(text) : 0;
  return number <= UINT16_MAX ? static_cast<uint16_t>(number) : 0;
}

/// One span on its way: first taken apart, then written in the order of Zipkin's own encoder.
class SpanOut {
 public:
  SpanOut(const otlp::Batch& batch, const otlp::SpanRef& ref)
      : span_(batch.decode(ref)), scope_(batch.scope_of(ref)), resource_(batch.resource_of(ref)) {
    local_.service = zipkin_name(resource_.service_name);
    for (otlp::Attribute attribute : span_.attributes()) take(attribute);
    add_status_tags();
    add_field_tags();
    for (otlp::Attribute attribute : scope_.attributes()) add_tag(attribute.key, attribute.value);
    for (otlp::Attribute attribute : resource_.attributes())
      if (attribute.key != kLocal.service) add_tag(attribute.key, attribute.value);
  }

  void write(JsonWriter& json) {
    json.begin_object().member("traceId", zipkin_trace_id(span_.trace_id));
    if (!span_.parent_span_id.is_zero()) json.member("parentId", span_.parent_span_id.hex());
    json.member("id", span_.span_id.hex());
    write_kind(json);
    if (!span_.name.empty()) json.member("name", zipkin_name(span_.name));
    if (!no_start_ && span_.start >= kNanosPerMicro)
      json.member("timestamp", span_.start / kNanosPerMicro);
    if (uint64_t duration = span_.duration(); duration > 0)
      json.member("duration", std::max<uint64_t>(1, duration / kNanosPerMicro));
    write_endpoint(json, "localEndpoint", local_);
    write_endpoint(json, "remoteEndpoint", remote_);
    write_annotations(json);
    write_tags(json);
    if (debug_) json.member("debug", true);
    if (shared_) json.member("shared", true);
    json.end_object();
  }

 private:
  void take(const otlp::Attribute& attribute) {
    const auto& [key, value] = attribute;
    bool truth = value.type() == ValueType::kBool && value.as_bool();
    if (key == "zipkin.shared" && truth)
      shared_ = true;
    else if (key == "zipkin.debug" && truth)
      debug_ = true;
    else if (key == kNoStart && truth)
      no_start_ = true;
    else if (!take_endpoint(attribute, kLocal, local_) &&
             !take_endpoint(attribute, kRemote, remote_))
      add_tag(key, value);
  }

  /// False if the attribute is none of the endpoint's, or cannot be what it should be.
  bool take_endpoint(const otlp::Attribute& attribute, const EndpointKeys& keys, Endpoint& out) {
    const auto& [key, value] = attribute;
    if (key == keys.port) return (out.port = port_of(value)) != 0;
    if (value.type() != ValueType::kString || value.as_bytes().empty()) return false;
    std::string_view text = value.as_bytes();
    if (key == keys.service && out.service.empty()) {
      out.service = zipkin_name(text);
    } else if (key == keys.ip && text.find(':') != text.npos) {
      out.ipv6 = text;
    } else if (key == keys.ip) {
      // A host's name would not be an address that clients can read.
      if (text.find_first_not_of("0123456789.") != text.npos) return false;
      out.ipv4 = text;
    } else if (key == keys.ipv6) {
      out.ipv6 = text;
    } else {
      return false;
    }
    return true;
  }

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
    if (added || message.empty() || error->second == message) return;
    add_tag("otel.status_code", "ERROR");
    add_tag("otel.status_description", message);
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

  static void write_endpoint(JsonWriter& json, std::string_view key, const Endpoint& endpoint) {
    bool empty = endpoint.service.empty() && endpoint.ipv4.empty() && endpoint.ipv6.empty() &&
                 endpoint.port == 0;
    if (empty) return;
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
  Endpoint local_, remote_;
  std::map<std::string, std::string> tags_;
  bool shared_ = false, debug_ = false, no_start_ = false;
};

}  // namespace

std::string zipkin_trace_id(const TraceId& id) {
  return store::is_short(id) ? id.hex().substr(16) : id.hex();
}

std::string zipkin_name(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_zipkin_field(std::string_view key) {
  static constexpr std::array kKeys = {kLocal.service,
                                       kLocal.ip,
                                       kLocal.ipv6,
                                       kLocal.port,
                                       kRemote.service,
                                       kRemote.ip,
                                       kRemote.ipv6,
                                       kRemote.port,
                                       kNoStart,
                                       std::string_view("zipkin.shared"),
                                       std::string_view("zipkin.debug")};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

void write_zipkin_span(JsonWriter& json, const otlp::Batch& batch, const otlp::SpanRef& ref) {
  SpanOut(batch, ref).write(json);
}

}  // namespace clew::api
