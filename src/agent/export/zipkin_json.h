// OTLP in, Zipkin v2 JSON out: what a Zipkin server takes at /api/v2/spans.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace clew::agent {

/// An ExportTraceServiceRequest as a JSON list of Zipkin v2 spans, mapped as the OpenTelemetry
/// Collector's Zipkin exporter does: the service is localEndpoint, resource, scope and span
/// attributes are tags (the span's win), peer.service and net.peer.* become remoteEndpoint, events
/// annotations, links tags `otlp.link.N`, and what receive/zipkin_span.h made attributes of becomes
/// fields again (`shared` among them). Names keep their case, which Zipkin's server lowers
/// itself; a span that only its attribute `error` calls failed keeps that tag. Fails as
/// otlp::Batch::index does.
Result<std::string> zipkin_json(const SharedBytes& request);

}  // namespace clew::agent
