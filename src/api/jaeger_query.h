// The parameters of Jaeger's `GET /api/traces`.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "net/http_message.h"
#include "store/filter.h"

namespace clew::api {

struct JaegerQuery {
  store::Filter filter;
  size_t limit = 100;
  std::vector<TraceId> trace_ids;  // if there are any, nothing else counts
  bool raw = false;                // spans as they were stored, without adjustments
};

/// Reads service, operation, spanKind, start, end (microseconds), minDuration, maxDuration (Go),
/// limit, tag=key:value, tags={"key":"value"}, traceID and raw. Without a start the two days before
/// the end are meant. Fails with kInvalid and the name of the parameter; a search needs a service.
Result<JaegerQuery> parse_jaeger_query(const net::HttpRequest& request, UnixNanos now);

struct JaegerTraceQuery {
  TraceId id;
  bool raw = false;
};

/// Reads the traceID of the path, in hex or in base64, and raw; start and end (microseconds) are
/// checked and not needed. Fails with kInvalid and the name of the parameter.
Result<JaegerTraceQuery> parse_jaeger_trace(const net::HttpRequest& request);

/// A bool of that name as Go reads it; false if it is absent or empty.
Result<bool> flag_param(const net::HttpRequest& request, std::string_view name);

/// A span kind as Jaeger's clients write it: "server", "CLIENT"; kInvalid for other words.
Result<otlp::SpanKind> parse_span_kind(std::string_view text);

}  // namespace clew::api
