// Zipkin's shared spans as spans of their own.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::query {

/// The attribute by which a server's half says so.
inline constexpr std::string_view kSharedKey = "zipkin.shared";

/// Zipkin lets the client's and the server's half of a call share one span ID, and the server says
/// so (the attribute zipkin.shared, see receive/zipkin_span.h). To everyone else IDs are unique, so
/// the server's half gets an ID of its own, always the same one, and the client's half as its
/// parent; spans of the server's service whose parent was that ID become its children:
///
///     as sent   client 2 ─ parent 1      here   client 2 ─ parent 1
///               server 2 ─ parent 1             server x ─ parent 2
///               child  3 ─ parent 2             child  3 ─ parent x
///
/// What has no other half in the trace stays as it was sent. `trace` is all spans of one trace;
/// without shared spans in it, it is given back as it is. Spans keep their order, if each resource
/// and scope of `trace` stands in it once.
otlp::Batch separate_shared_spans(otlp::Batch trace);

/// The ID that the server's half of a call gets there, if no other span of the trace has it.
SpanId separate_id(const SpanId& shared, std::string_view service);

}  // namespace clew::query
