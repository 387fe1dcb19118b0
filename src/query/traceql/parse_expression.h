// Expressions over one span. Internal: for parse*.cc.
#pragma once

#include "query/traceql/cursor.h"

namespace clew::query::traceql {

/// Reads the longest expression that stands here. Its types are not checked yet.
Result<Expression> parse_expression(Cursor& cursor);

/// Reads an attribute or an intrinsic.
Result<Field> parse_field(Cursor& cursor);

/// Reads a number with or without a sign.
Result<Literal> parse_number(Cursor& cursor);

/// The comparison that stands here, without stepping over it; kConstant if there is none.
Op comparison_at(const Cursor& cursor);

}  // namespace clew::query::traceql
