// Zipkin's collector API: from a request to the sink and back to the answer.
#pragma once

#include "net/http_server.h"
#include "otlp/sink.h"

namespace clew::receive {

/// Adds POST /api/v2/spans: a JSON list of Zipkin v2 spans (Content-Type application/json or none),
/// with any Content-Encoding of net/encoding.h; the tenant is the X-Scope-OrgID header. Answers
/// only after the sink has answered: 202 without a body, or the error's status and its message as
/// text, with Retry-After when the sink is overloaded. Adds GET /health, for clients that probe.
/// Source: openzipkin/zipkin-api, zipkin2-api.yaml.
void add_zipkin(net::HttpRoutes& routes, otlp::Sink sink);

}  // namespace clew::receive
