// Reading a TraceQL query.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/traceql/ast.h"

namespace clew::query::traceql {

/// Reads a query and checks its types. Fails with kInvalid and "column N: …", N counting characters
/// from 1, as Tempo refuses queries. Past Tempo it takes arithmetic of aggregates and numbers in
/// filters of spansets (`count() * 2 > 3`). Source: Tempo 3's grammar and documentation.
Result<Query> parse(std::string_view text);

}  // namespace clew::query::traceql
