// A trace as Clew's own UI reads it.
#pragma once

#include <string>
#include <string_view>

#include "otlp/batch.h"

namespace clew::api {

/// How the API calls a type: "string", "int64", …; "string" for a value that is none.
std::string_view type_name(otlp::ValueType type);

/// The JSON of `GET /api/clew/v1/traces/{id}`, drawn in docs/api.md: types kept, resources and
/// scopes once, times relative to the trace's start. The spans are of one trace, at least one.
std::string clew_trace_json(const otlp::Batch& trace, bool complete);

}  // namespace clew::api
