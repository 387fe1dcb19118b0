#include "agent/export/zipkin_json.h"

#include <algorithm>
#include <charconv>
#include <list>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "otlp/batch.h"

namespace clew::agent {
namespace {

using Tags = std::map<std::string_view, std::string>;

constexpr uint64_t kNanosPerMicro = 1000;

/// What spans of one resource share.
struct Origin {
  std::string service;
  Tags tags;
};

std::optional<std::string> take(Tags& tags, std::string_view key) {
  auto node = tags.extract(key);
  return node ? std::optional(std::move(node.mapped())) : std::nullopt;
}

/// A resource without service.name is called by the next best name, as the collector does.
Origin origin_of(const otlp::ResourceRef& resource) {
  Origin origin;
  for (const otlp::Attribute& attribute : resource.attributes())
    origin.tags.try_emplace(attribute.key, attribute.value.text());
  for (const char* key :
       {"service.name", "faas.name", "k8s.deployment.name", "process.executable.name"}) {
    auto name = take(origin.tags, key);
    if (!name) continue;
    origin.service = *std::move(name);
    if (std::string_view(key) != "service.name") origin.tags["otlp.service.name.source"] = key;
    return origin;
  }
  origin.service = "OTLPResourceNoServiceName";
  return origin;
}

std::string_view kind_of(otlp::SpanKind kind) {
  switch (kind) {
    case otlp::SpanKind::kClient:
      return "CLIENT";
    case otlp::SpanKind::kServer:
      return "SERVER";
    case otlp::SpanKind::kProducer:
      return "PRODUCER";
    case otlp::SpanKind::kConsumer:
      return "CONSUMER";
    case otlp::SpanKind::kInternal:
    case otlp::SpanKind::kUnspecified:
      return {};
  }
  return {};
}

void write_endpoint(JsonWriter& out, std::string_view name, std::string_view service,
                    const std::optional<std::string>& ip, const std::optional<std::string>& port) {
  if (service.empty() && !ip) return;
  out.key(name).begin_object();
  if (!service.empty()) out.member("serviceName", service);
  if (ip) out.member(ip->find(':') == ip->npos ? "ipv4" : "ipv6", *ip);
  uint16_t number = 0;
  if (port) std::from_chars(port->data(), port->data() + port->size(), number);
  if (number != 0) out.member("port", number);
  out.end_object();
}

void write_endpoints(JsonWriter& out, const std::string& service, Tags& tags) {
  auto host_ip = take(tags, "net.host.ip"), host_port = take(tags, "net.host.port");
  write_endpoint(out, "localEndpoint", service, host_ip, host_port);
  auto peer_ip = take(tags, "net.peer.ip"), peer_port = take(tags, "net.peer.port");
  write_endpoint(out, "remoteEndpoint", take(tags, "peer.service").value_or(""), peer_ip,
                 peer_port);
}

void set_status(Tags& tags, const otlp::Span& span) {
  bool failed = span.status == otlp::StatusCode::kError;
  // To Zipkin any tag `error` means a failure, also one that says "false".
  if (!span.is_error()) tags.erase("error");
  if (failed) tags["error"] = span.status_message.empty() ? "true" : span.status_message;
  if (span.status == otlp::StatusCode::kUnset) return;
  tags["otel.status_code"] = failed ? "ERROR" : "OK";
  if (!span.status_message.empty()) tags["otel.status_description"] = span.status_message;
}

/// Names of link tags, which `tags` only views.
class LinkKeys {
 public:
  std::string_view of(size_t number) {
    return keys_.emplace_back(fmt::format("otlp.link.{}", number));
  }

 private:
  std::list<std::string> keys_;
};

void add_links(Tags& tags, const otlp::Span& span, LinkKeys& keys) {
  size_t number = 0;
  for (const otlp::Link& link : span.links())
    tags[keys.of(number++)] =
        fmt::format("{}|{}|{}|{}|{}", link.trace_id.hex(), link.span_id.hex(), link.trace_state,
                    link.attributes().json(), link.dropped_attributes);
}

std::string annotation_of(const otlp::Event& event) {
  if (event.attributes().empty() && event.dropped_attributes == 0) return std::string(event.name);
  return fmt::format("{}|{}|{}", event.name, event.attributes().json(), event.dropped_attributes);
}

void write_annotations(JsonWriter& out, const otlp::Span& span) {
  if (span.events().empty()) return;
  out.key("annotations").begin_array();
  for (const otlp::Event& event : span.events()) {
    out.begin_object();
    out.member("timestamp", event.time / kNanosPerMicro).member("value", annotation_of(event));
    out.end_object();
  }
  out.end_array();
}

Tags tags_of(const otlp::Span& span, const otlp::ScopeRef& scope, const Origin& origin) {
  Tags tags = origin.tags;
  if (!scope.name.empty()) tags["otel.scope.name"] = scope.name;
  if (!scope.version.empty()) tags["otel.scope.version"] = scope.version;
  for (const otlp::Attribute& attribute : span.attributes())
    tags[attribute.key] = attribute.value.text();
  if (!span.trace_state.empty()) tags["w3c.tracestate"] = span.trace_state;
  if (span.kind == otlp::SpanKind::kInternal) tags["span.kind"] = "internal";
  return tags;
}

void write_times(JsonWriter& out, const otlp::Span& span) {
  if (span.start != 0) out.member("timestamp", span.start / kNanosPerMicro);
  // Zipkin has no duration of zero, so what is shorter than it can say lasts its shortest.
  if (span.duration() != 0)
    out.member("duration", std::max<uint64_t>(1, (span.duration() + 500) / kNanosPerMicro));
}

void write_span(JsonWriter& out, const otlp::Span& span, const otlp::ScopeRef& scope,
                const Origin& origin) {
  Tags tags = tags_of(span, scope, origin);
  out.begin_object();
  out.member("traceId", span.trace_id.hex()).member("id", span.span_id.hex());
  if (!span.parent_span_id.is_zero()) out.member("parentId", span.parent_span_id.hex());
  if (!span.name.empty()) out.member("name", span.name);
  if (auto kind = kind_of(span.kind); !kind.empty()) out.member("kind", kind);
  write_times(out, span);
  write_endpoints(out, origin.service, tags);
  write_annotations(out, span);
  set_status(tags, span);
  LinkKeys keys;
  add_links(tags, span, keys);
  if (!tags.empty()) {
    out.key("tags").begin_object();
    for (const auto& [key, text] : tags) out.member(key, text);
    out.end_object();
  }
  out.end_object();
}

}  // namespace

Result<std::string> zipkin_json(const SharedBytes& request) {
  auto batch = otlp::Batch::index(request);
  if (!batch) return std::unexpected(batch.error());
  std::vector<Origin> origins;
  for (const otlp::ResourceRef& resource : batch->resources())
    origins.push_back(origin_of(resource));
  JsonWriter out;
  out.begin_array();
  for (const otlp::SpanRef& ref : batch->spans())
    write_span(out, batch->decode(ref), batch->scope_of(ref), origins[ref.resource]);
  out.end_array();
  return out.take();
}

}  // namespace clew::agent
