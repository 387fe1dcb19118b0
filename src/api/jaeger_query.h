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
};

/// Reads service, operation, spanKind, start, end (microseconds), minDuration, maxDuration (Go),
/// limit, tag=key:value, tags={"key":"value"} and traceID. Without a start the last hour is meant.
/// Fails with kInvalid and the name of the parameter; a search needs a service.
Result<JaegerQuery> parse_jaeger_query(const net::HttpRequest& request, UnixNanos now);

/// A span kind as Jaeger's clients write it: "server", "CLIENT"; kInvalid for other words.
Result<otlp::SpanKind> parse_span_kind(std::string_view text);

}  // namespace clew::api
