// Zipkin's searches, in terms of the query engine.
#pragma once

#include <string>
#include <vector>

#include "api/zipkin_query.h"
#include "base/tenant.h"
#include "query/engine.h"

namespace clew::api {

/// Some spans of a batch: those that are one trace to Zipkin.
struct ZipkinTrace {
  otlp::Batch batch;
  std::vector<otlp::SpanRef> spans;  // of the batch, at least one
};

struct ZipkinTraces {
  std::vector<ZipkinTrace> traces;
  bool complete = true;  // false: a deadline, a limit or damage cut it short
};

/// What two IDs of one trace have in common: without `strict` IDs the right half.
TraceId zipkin_key(TraceId id, bool strict);

/// The spans of a batch by trace. With `strict` IDs (STRICT_TRACE_ID) those with the same ID are of
/// one trace; without, those with the same right half.
std::vector<ZipkinTrace> split_traces(const otlp::Batch& batch, bool strict);

/// The newest traces that match, at most query.limit. A trace matches if one of its spans is
/// everything that is asked. Names are compared without regard to capitals (of ASCII).
Result<ZipkinTraces> find_zipkin_traces(query::Engine& engine, const Tenant& tenant,
                                        const ZipkinQuery& query, bool strict);

struct ZipkinNames {
  std::vector<std::string> names;  // sorted, without capitals, each once
  bool complete = true;
};

/// Names of services that spans of `service` name as their remote endpoint.
ZipkinNames zipkin_remote_services(query::Engine& engine, const Tenant& tenant,
                                   const std::string& service);

/// Names of spans of `service`.
ZipkinNames zipkin_span_names(query::Engine& engine, const Tenant& tenant,
                              const std::string& service);

}  // namespace clew::api
