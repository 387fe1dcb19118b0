// What is a field of a span to Zipkin and an attribute to OTLP: endpoints and flags.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "otlp/batch.h"

namespace clew::api {

struct ZipkinEndpoint {
  std::string service;  // without capitals
  std::string ipv4, ipv6;
  uint16_t port = 0;

  bool empty() const { return *this == ZipkinEndpoint(); }
  auto operator<=>(const ZipkinEndpoint&) const = default;
};

/// | attribute | field |
/// |---|---|
/// | service.name (of the resource), net.host.ip, net.host.port | local |
/// | peer.service, net.peer.ip, net.peer.port | remote |
/// | zipkin.{local,remote}Endpoint.{serviceName,ip,port} | the same, beside such a tag |
/// | zipkin.{local,remote}Endpoint.ipv6 | ipv6, beside an IPv4 address |
/// | zipkin.shared, zipkin.debug | shared, debug |
/// | otel.zipkin.absentField.startTime | !has_start |
/// | otel.status_code in zipkin.tags | has_status_tag |
struct ZipkinFields {
  ZipkinEndpoint local, remote;
  bool shared = false, debug = false;
  bool has_start = true;
  bool has_status_tag = false;  // the span's status came as a tag otel.status_code
};

/// Reads the fields and gives every other attribute of the span to `tag`: also those whose names
/// the attribute zipkin.tags lists, which were tags when they came (receive/zipkin_span.h).
ZipkinFields read_zipkin_fields(const otlp::Span& span, const otlp::ResourceRef& resource,
                                const std::function<void(const otlp::Attribute&)>& tag);

/// True for the attributes in the table above, and for zipkin.tags.
bool is_zipkin_field(std::string_view key);

/// How Zipkin spells names of services and spans: without capitals (of ASCII).
std::string zipkin_name(std::string_view name);

}  // namespace clew::api
