// Some spans of one trace, as /api/v2/traces/{id}?q= gives them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"
#include "otlp/batch.h"
#include "query/traceql/ast.h"

namespace clew::api {

struct TempoTraceFilter {
  query::traceql::Expression filter;
  bool keep_hierarchy = true;  // also those above, up to the root
};

/// Reads q, one `{ … }`, and keep_hierarchy; nothing if all spans are wanted. kInvalid for other
/// queries.
Result<std::optional<TempoTraceFilter>> parse_tempo_trace_filter(const net::HttpRequest& request);

/// The spans that are wanted, as a request of their own; empty if there are none.
std::string filtered_tempo_trace(const otlp::Batch& trace, const TempoTraceFilter& filter);

}  // namespace clew::api
