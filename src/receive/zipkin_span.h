// One Zipkin span, decoded, and how it becomes OTLP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace clew::receive {

struct ZipkinEndpoint {
  std::string_view service_name, ipv4, ipv6;
  uint16_t port = 0;
};

struct ZipkinAnnotation {
  uint64_t timestamp_us = 0;
  std::string_view value;
};

struct ZipkinTag {
  std::string_view key, value;
};

/// A span of Zipkin's model v2, whatever format it came in. Views: the document must outlive it.
struct ZipkinSpan {
  TraceId trace_id;
  SpanId id;
  SpanId parent_id;  // zero: a root
  std::string_view kind, name;
  uint64_t timestamp_us = 0;  // 0: not said
  uint64_t duration_us = 0;
  ZipkinEndpoint local, remote;
  std::vector<ZipkinAnnotation> annotations;
  std::vector<ZipkinTag> tags;
  bool shared = false, debug = false;

  const ZipkinTag* find_tag(std::string_view key) const;
};

/// The parts of OTLP that one Zipkin span becomes, each a serialized message.
struct ZipkinAsOtlp {
  std::string resource, scope, span;
};

/// Maps as the OpenTelemetry Collector's Zipkin receiver does (contrib, pkg/translator/zipkin):
///
/// | Zipkin | OTLP |
/// |---|---|
/// | localEndpoint.serviceName | resource attribute service.name |
/// | localEndpoint.ipv4 (else ipv6), port | net.host.ip, net.host.port |
/// | remoteEndpoint | peer.service, net.peer.ip, net.peer.port |
/// | kind; without one the tag span.kind | kind, else unspecified |
/// | annotations | events, the value as name, unparsed |
/// | tag error | status ERROR (not for "false"); text other than "true" is its message and stays |
/// | tags otel.status_code, otel.status_description | status |
/// | tags otel.scope.*, otel.library.* (name, version) | scope |
/// | tag w3c.tracestate | trace state |
/// | tags otel.dropped_{attributes,events,links}_count | the counts |
/// | other tags | string attributes |
/// | parentId equal to id | no parent |
/// | no timestamp | the earliest annotation's or 0, and otel.zipkin.absentField.startTime = true |
///
/// Where it differs: the Collector forgets `shared` and `debug`, here they are the attributes
/// zipkin.shared and zipkin.debug (a shared span keeps the ID it shares with the client's); it
/// moves tags with names of resource attributes to the resource of the first span, here they stay
/// where they are; it also reads its own exporter's encoding of links and of events with
/// attributes.
///
/// Fails with kMalformed if the times are past 64-bit nanoseconds.
Result<ZipkinAsOtlp> zipkin_to_otlp(const ZipkinSpan& span);

}  // namespace clew::receive
