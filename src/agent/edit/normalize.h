// Envoy's spans as OpenTelemetry's other clients would have sent them.
#pragma once

#include <string_view>

#include "otlp/patch.h"

namespace clew::agent {

/// Edits a span of Envoy (the Span message `span`, inside the patch's original) for the better:
///
/// - Envoy sends each attribute as a string: http.status_code, request_size, response_size,
///   grpc.status_code and retry.count become integers where they are plain decimal numbers.
/// - Its HTTP attributes have the names of before 2023. They stay, and stand also under those of
///   the semantic conventions, where the span has no such attribute yet:
///
///   | http.method       | http.request.method (of an unknown method _OTHER, and                  |
///   |                   | http.request.method_original)                                          |
///   | http.status_code  | http.response.status_code, but not Envoy's 0: there was no response    |
///   | http.url          | url.full, url.scheme, url.path, url.query, server.address, server.port |
///   | http.protocol     | network.protocol.name, network.protocol.version                        |
///   | user_agent        | user_agent.original                                                    |
///   | request_size      | http.request.body.size                                                 |
///   | response_size     | http.response.body.size                                                |
///   | peer.address      | network.peer.address, network.peer.port                                |
///   | retry.count       | http.request.resend_count                                              |
///
/// - `error` = true or "true" makes an unset status ERROR: failed upstream calls leave it unset.
///
/// A span is Envoy's if its attribute `component` is "proxy": Envoy sets it with each of its
/// tracers (OpenTelemetry, Zipkin), while the instrumentation scope `envoy` is there only with one
/// of them and can be switched off. Other spans, and those that are right already, are not touched.
/// Sources: Envoy 1.40's http_tracer; OpenTelemetry semantic conventions 1.37 (http, url, network).
void normalize_envoy_span(std::string_view span, otlp::Patch& patch);

}  // namespace clew::agent
