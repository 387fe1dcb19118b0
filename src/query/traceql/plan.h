// What the store's indexes can say of a query, before any trace is read.
#pragma once

#include <optional>
#include <vector>

#include "query/traceql/ast.h"
#include "store/filter.h"

namespace clew::query::traceql {

/// What one span of every trace that matches must be. The spans may be different ones.
struct Witness {
  store::Filter filter;
  int selectivity = 0;  // a guess: the more, the fewer spans it lets through
};

/// Witnesses of a pipeline, the most selective first; none if any trace may match.
std::vector<Witness> witnesses_of(const Pipeline& pipeline);

/// Where the indexes have attributes of this scope; nullopt for any, and for links, which no index
/// has.
std::optional<store::AttributeScope> indexed_scope(Scope scope);

/// What a span that satisfies the expression must be.
Witness witness_of(const Expression& filter);

}  // namespace clew::query::traceql
