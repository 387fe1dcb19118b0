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

/// The JSON of `GET /api/clew/v1/traces/{id}`, drawn in docs/api.md: types kept, resources and
/// scopes once, times relative to the trace's start. The spans are of one trace, at least one.
std::string clew_trace_json(const otlp::Batch& trace, bool complete);

/// The JSON of `GET /api/clew/v1/traces/{id}/spans`: the same with the spans of some rows, each
/// with its `row`. `asked` is the trace's ID if the page is empty.
std::string clew_page_json(const query::TracePage& page, const TraceId& asked);

}  // namespace clew::api
