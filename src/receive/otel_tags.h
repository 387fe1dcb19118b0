// Tags that OpenTelemetry's exporters to Jaeger and Zipkin write for what those formats lack, and
// what they become again. Source: OpenTelemetry specification, "OpenTelemetry to Jaeger" and "… to
// Zipkin Transformation".
#pragma once

#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

#include "otlp/span.h"
#include "receive/tags.h"

namespace clew::receive {

/// The kind that the tag span.kind names ("server", …), which is removed; a name that OTLP does not
/// have stays a tag.
otlp::SpanKind take_kind(Tags& tags);

/// An InstrumentationScope message of the tags otel.scope.name and .version, or otel.library.name
/// and .version as older exporters wrote them; all are removed. Empty if there are none.
std::string take_scope(Tags& tags);

/// Writes Span.status, unless it says nothing.
void add_status(protozero::pbf_writer& span, otlp::StatusCode code, std::string_view message);

}  // namespace clew::receive
