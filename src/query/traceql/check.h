// What is known to be wrong with a query before any span is seen. Internal: for parse.cc.
#pragma once

#include "base/result.h"
#include "query/traceql/ast.h"

namespace clew::query::traceql {

/// Checks types and compiles the regular expressions. Fails with kInvalid at the column of the
/// smallest part that is wrong.
Result<void> check_filter(Expression& filter);
/// Of by().
Result<void> check_group(Expression& expression, size_t column);
Result<void> check_aggregate(Aggregate& aggregate, size_t column);

}  // namespace clew::query::traceql
