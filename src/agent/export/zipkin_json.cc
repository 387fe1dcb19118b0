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

/// What an attribute says that Zipkin has a field for. Receivers of Zipkin's spans put it beside a
/// tag of that name, and list such tags (receive/zipkin_span.h).
std::optional<std::string> take_field(Tags& tags, std::string_view key, std::string_view beside) {
  if (auto text = take(tags, beside)) return text;
  auto names = tags.find("zipkin.tags");
  bool is_tag =
      names != tags.end() &&
      fmt::format(",{},", names->second).find(fmt::format(",{},", key)) != std::string::npos;
  return is_tag ? std::nullopt : take(tags, key);
}

/// The attributes of an endpoint.
struct Endpoint {
  std::string service;
  std::optional<std::string> ip, ipv6, port;
};

void write_endpoint(JsonWriter& out, std::string_view name, const Endpoint& endpoint) {
  const auto& [service, ip, ipv6, port] = endpoint;
  if (service.empty() && !ip) return;
  out.key(name).begin_object();
  if (!service.empty()) out.member("serviceName", service);
  if (ip) out.member(ip->find(':') == ip->npos ? "ipv4" : "ipv6", *ip);
  if (ipv6 && ip && ip->find(':') == ip->npos) out.member("ipv6", *ipv6);
  uint16_t number = 0;
  if (port) std::from_chars(port->data(), port->data() + port->size(), number);
  if (number != 0) out.member("port", number);
  out.end_object();
}

void write_endpoints(JsonWriter& out, const std::string& service, Tags& tags) {
  Endpoint local{.service = service};
  local.ip = take_field(tags, "net.host.ip", "zipkin.localEndpoint.ip");
  local.ipv6 = take(tags, "zipkin.localEndpoint.ipv6");
  local.port = take_field(tags, "net.host.port", "zipkin.localEndpoint.port");
  write_endpoint(out, "localEndpoint", local);
  Endpoint remote;
  remote.service =
      take_field(tags, "peer.service", "zipkin.remoteEndpoint.serviceName").value_or("");
  remote.ip = take_field(tags, "net.peer.ip", "zipkin.remoteEndpoint.ip");
  remote.ipv6 = take(tags, "zipkin.remoteEndpoint.ipv6");
  remote.port = take_field(tags, "net.peer.port", "zipkin.remoteEndpoint.port");
  write_endpoint(out, "remoteEndpoint", remote);
  tags.erase("zipkin.tags");
}

/// Both halves of a call may share one ID; the server's says so, else it would be taken for a piece
/// of the client's.
void write_flags(JsonWriter& out, Tags& tags) {
  for (auto [key, name] : {std::pair("zipkin.debug", "debug"), {"zipkin.shared", "shared"}})
    if (auto text = take(tags, key); text == "true") out.member(name, true);
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

void write_times(JsonWriter& out, const otlp::Span& span, Tags& tags) {
  bool absent = take(tags, "otel.zipkin.absentField.startTime").has_value();
  if (span.start != 0 && !absent) out.member("timestamp", span.start / kNanosPerMicro);
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
  write_times(out, span, tags);
  write_endpoints(out, origin.service, tags);
  write_flags(out, tags);
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
