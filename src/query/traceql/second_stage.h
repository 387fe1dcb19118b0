// What is done to series once they are there. Internal: for metrics.cc.
#pragma once

#include <vector>

#include "query/traceql/ast.h"
#include "query/traceql/series.h"

namespace clew::query::traceql {

/// topk(), bottomk() and thresholds: points that fall away become kNoPoint.
std::vector<Series> apply(const SecondStage& stage, std::vector<Series> series);

/// Arithmetic of series with the same labels; those of one side only fall away. A missing point
/// counts as 0, and what is divided by 0 has none.
std::vector<Series> combine(Op op, const std::vector<Series>& left,
                            const std::vector<Series>& right);

/// An order of labels by their text.
bool comes_before(const Labels& a, const Labels& b);

}  // namespace clew::query::traceql
