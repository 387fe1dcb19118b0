// A trace as Clew's own UI reads it.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "otlp/batch.h"
#include "query/summary.h"
#include "query/trace_page.h"

namespace clew::api {

/// How the API calls a type: "string", "int64", …; "string" for a value that is none.
std::string_view type_name(otlp::ValueType type);

/// One entry of a search's `traces`, which is also what a live tail tells; or only its members, for
/// an object that has more.
void write_clew_summary(JsonWriter& json, const query::TraceSummary& trace);
void write_clew_summary_members(JsonWriter& json, const query::TraceSummary& trace);

/// A span with the numbers of its resource and scope in the answer, in a trace that begins at
/// `trace_start`.
struct ClewSpan {
  otlp::Span span;
  uint32_t resource = 0, scope = 0;
  UnixNanos trace_start = 0;
};

/// One entry each of a trace's `spans`, `resources` and `scopes`. A span without a start, as Zipkin
/// allows, stands at the trace's.
void write_clew_span(JsonWriter& json, const ClewSpan& span);
void write_clew_resource(JsonWriter& json, const otlp::ResourceRef& resource);
void write_clew_scope(JsonWriter& json, const otlp::ScopeRef& scope);

/// The JSON of `GET /api/clew/v1/traces/{id}/spans`: as that of a trace (clew_stream.h), with the
/// spans of some rows, each with its `row`. `asked` is the trace's ID if the page is empty.
std::string clew_page_json(const query::TracePage& page, const TraceId& asked);

}  // namespace clew::api
