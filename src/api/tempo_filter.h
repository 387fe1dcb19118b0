// The TraceQL that narrows lists of tags and values, as editors send it while it is being written.
#pragma once

#include <optional>
#include <string_view>

#include "query/traceql/ast.h"

namespace clew::api {

/// What the query asks of spans. Of `{ span.a = "x" && span.b = }` only what can be read remains,
/// as in Tempo; nothing if that is nothing, if it is no query of spans, or if it asks for all of
/// them.
std::optional<query::traceql::Pipeline> tempo_filter(std::string_view query);

}  // namespace clew::api
