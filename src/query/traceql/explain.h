// How a query will be answered, for people.
#pragma once

#include <string>

#include "query/traceql/ast.h"

namespace clew::query::traceql {

/// A few lines: what is looked up in the indexes, what is read, what is tested. It depends on the
/// query alone, not on what is stored.
std::string explain(const Query& query);

}  // namespace clew::query::traceql
