// Zipkin's collector API: from a request to the sink and back to the answer.
#pragma once

#include "net/http_server.h"
#include "otlp/sink.h"

namespace clew::receive {

/// Adds POST /api/v2/spans, a list of v2 spans in JSON (Content-Type application/json or none) or
/// protobuf (application/x-protobuf), and POST /api/v1/spans, one of v1 spans in JSON or thrift
/// (application/x-thrift, binary protocol), with any Content-Encoding of net/encoding.h; the tenant
/// is the X-Scope-OrgID header. With `parse_string_tags` tags whose text is a number, true or false
/// become typed attributes. Answers only after the sink has answered: 202 without a body, or the
/// error's status and its message as text, with Retry-After when the sink is overloaded. Adds GET
/// /health, for clients that probe. Source: openzipkin/zipkin-api, zipkin2-api.yaml and
/// zipkin-api.yaml.
void add_zipkin(net::HttpRoutes& routes, bool parse_string_tags, otlp::Sink sink);

}  // namespace clew::receive
