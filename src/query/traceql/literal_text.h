// Values as people and labels of series write them.
#pragma once

#include <string>

#include "query/traceql/ast.h"

namespace clew::query::traceql {

/// A text as it is, a duration as Go writes it (`1m30s`, `100ms`), a float in the fewest digits,
/// `nil`, `true`, and statuses and kinds by their words.
std::string text_of(const Literal& literal);

/// As Go's time.Duration writes it.
std::string duration_text(int64_t nanoseconds);

}  // namespace clew::query::traceql
