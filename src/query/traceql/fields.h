// Which attributes and intrinsics a query names.
#pragma once

#include <vector>

#include "query/traceql/ast.h"

namespace clew::query::traceql {

/// Each once, in the order of the query.
std::vector<Field> fields_of(const Pipeline& pipeline);

}  // namespace clew::query::traceql
