// One Zipkin span, decoded, and how it becomes OTLP.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "receive/request_builder.h"
#include "receive/tags.h"

namespace clew::receive {

struct ZipkinEndpoint {
  std::string_view service_name, ipv4, ipv6;
  uint16_t port = 0;
};

struct ZipkinAnnotation {
  uint64_t timestamp_us = 0;
  std::string_view value;
};

/// A span of Zipkin's model v2, whatever format it came in. Views: the document must outlive it.
/// Made to be used for one span after the other, so that its lists are allocated once.
struct ZipkinSpan {
  TraceId trace_id;
  SpanId id;
  SpanId parent_id;  // zero: a root
  std::string_view kind, name;
  uint64_t timestamp_us = 0;  // 0: not said
  uint64_t duration_us = 0;
  ZipkinEndpoint local, remote;
  std::vector<ZipkinAnnotation> annotations;
  Tags tags;
  bool shared = false, debug = false;

  /// As new.
  void clear();
};

/// The number or truth value that a text spells, else the text: the Collector's parse_string_tags
/// takes -?[0-9]+, -?[0-9]+.[0-9]+, true and false.
otlp::Value parse_string_tag(std::string_view text);

/// Adds the span to the request. Maps as the OpenTelemetry Collector's Zipkin receiver does
/// (contrib, pkg/translator/zipkin):
///
/// | Zipkin | OTLP |
/// |---|---|
/// | localEndpoint.serviceName | resource attribute service.name |
/// | localEndpoint.ipv4 (else ipv6), port | net.host.ip, net.host.port |
/// | remoteEndpoint | peer.service, net.peer.ip, net.peer.port |
/// | an endpoint's ipv6 beside its ipv4 | zipkin.{local,remote}Endpoint.ipv6 |
/// | a tag with the name of an endpoint's attribute | that attribute, named in zipkin.tags; the |
/// | | endpoint's is zipkin.{local,remote}Endpoint.{serviceName,ip,port} then |
/// | kind; without one the tag span.kind | kind, else unspecified |
/// | annotations | events, the value as name, unparsed |
/// | tag error | status ERROR (not for "false"); text other than "true" is its message and stays |
/// | tags otel.status_code, otel.status_description | status; ERROR is named in zipkin.tags |
/// | tags otel.scope.*, otel.library.* (name, version) | scope |
/// | tag w3c.tracestate | trace state |
/// | tags otel.dropped_{attributes,events,links}_count | the counts |
/// | other tags | attributes: strings; typed, if v1 says so or with `parse_string_tags` |
/// | parentId equal to id | no parent |
/// | no timestamp | the earliest annotation's or 0, and otel.zipkin.absentField.startTime = true |
///
/// Where it differs: the Collector forgets `shared` and `debug`, here they are the attributes
/// zipkin.shared and zipkin.debug (a shared span keeps the ID it shares with the client's); it
/// forgets a second address, and the endpoint's where a tag has its name; it
/// moves tags with names of resource attributes to the resource of the first span, here they stay
/// where they are; it also reads its own exporter's encoding of links and of events with
/// attributes.
///
/// Fails with kMalformed if the times are past 64-bit nanoseconds, kTooLarge if the request has too
/// many spans.
Result<void> zipkin_to_otlp(ZipkinSpan& span, bool parse_string_tags, RequestBuilder& request);

}  // namespace clew::receive
