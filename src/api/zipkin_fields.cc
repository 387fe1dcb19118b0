#include "api/zipkin_fields.h"

#include <algorithm>
#include <array>

#include "query/shared_spans.h"

namespace clew::api {
namespace {

using otlp::Value;
using otlp::ValueType;

constexpr std::string_view kDebug = "zipkin.debug";
constexpr std::string_view kNoStart = "otel.zipkin.absentField.startTime";
constexpr std::string_view kTags = "zipkin.tags";

/// An attribute, and the one that stands for it where a tag has its name.
struct Key {
  std::string_view usual, beside_tag;

  bool is(std::string_view key) const { return key == usual || key == beside_tag; }
};

/// The attributes that one endpoint is made of.
struct EndpointKeys {
  Key service, ip, port;
  std::string_view ipv6;

  bool has(std::string_view key) const {
    return service.is(key) || ip.is(key) || port.is(key) || key == ipv6;
  }
};
constexpr EndpointKeys kLocal{{"service.name", "zipkin.localEndpoint.serviceName"},
                              {"net.host.ip", "zipkin.localEndpoint.ip"},
                              {"net.host.port", "zipkin.localEndpoint.port"},
                              "zipkin.localEndpoint.ipv6"};
constexpr EndpointKeys kRemote{{"peer.service", "zipkin.remoteEndpoint.serviceName"},
                               {"net.peer.ip", "zipkin.remoteEndpoint.ip"},
                               {"net.peer.port", "zipkin.remoteEndpoint.port"},
                               "zipkin.remoteEndpoint.ipv6"};

/// A port is a number, or a text that is one: with tags that are texts everything is.
uint16_t port_of(const Value& value) {
  std::string text = value.text();
  bool digits = !text.empty() && text.size() <= 5 &&
                text.find_first_not_of("0123456789") == std::string::npos;
  unsigned long number = digits ? std::stoul(text) : 0;
  return number <= UINT16_MAX ? static_cast<uint16_t>(number) : 0;
}

/// False if the attribute is none of the endpoint's, or cannot be what it should be.
bool take_endpoint(const otlp::Attribute& attribute, const EndpointKeys& keys,
                   ZipkinEndpoint& out) {
  const auto& [key, value] = attribute;
  if (keys.port.is(key)) {
    uint16_t port = port_of(value);
    if (port != 0) out.port = port;
    return port != 0;
  }
  if (value.type() != ValueType::kString || value.as_bytes().empty()) return false;
  std::string_view text = value.as_bytes();
  if (keys.service.is(key) && out.service.empty()) {
    out.service = zipkin_name(text);
  } else if (key == keys.ipv6 || (keys.ip.is(key) && text.find(':') != text.npos)) {
    out.ipv6 = text;
  } else if (keys.ip.is(key)) {
    // A host's name would not be an address that clients can read.
    if (text.find_first_not_of("0123456789.") != text.npos) return false;
    out.ipv4 = text;
  } else {
    return false;
  }
  return true;
}

/// True if `name` is one of the names in `list`, which have commas between them.
bool lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    size_t end = list.find(',');
    if (list.substr(0, end) == name) return true;
    list.remove_prefix(end == list.npos ? list.size() : end + 1);
  }
  return false;
}

bool take_flag(const otlp::Attribute& attribute, ZipkinFields& out) {
  if (attribute.value.type() != ValueType::kBool || !attribute.value.as_bool()) return false;
  if (attribute.key == query::kSharedKey) return out.shared = true;
  if (attribute.key == kDebug) return out.debug = true;
  if (attribute.key == kNoStart) return !(out.has_start = false);
  return false;
}

}  // namespace

ZipkinFields read_zipkin_fields(const otlp::Span& span, const otlp::ResourceRef& resource,
                                const std::function<void(const otlp::Attribute&)>& tag) {
  ZipkinFields fields;
  fields.local.service = zipkin_name(resource.service_name);
  std::string_view tags;
  if (auto mark = span.attributes().find(kTags); mark && mark->type() == ValueType::kString)
    tags = mark->as_bytes();
  fields.has_status_tag = lists(tags, "otel.status_code");
  for (otlp::Attribute attribute : span.attributes()) {
    if (!tags.empty() && attribute.key == kTags) continue;
    bool is_tag = lists(tags, attribute.key);
    if (!is_tag &&
        (take_flag(attribute, fields) || take_endpoint(attribute, kLocal, fields.local) ||
         take_endpoint(attribute, kRemote, fields.remote)))
      continue;
    tag(attribute);
  }
  return fields;
}

bool is_zipkin_field(std::string_view key) {
  static constexpr std::array kFlags = {query::kSharedKey, kDebug, kNoStart, kTags};
  return kLocal.has(key) || kRemote.has(key) || std::ranges::find(kFlags, key) != kFlags.end();
}

std::string zipkin_name(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace clew::api
