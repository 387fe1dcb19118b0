// Metrics from columns: without putting spans and traces together.
#pragma once

#include <memory>

#include "query/traceql/metrics.h"
#include "store/column_scan.h"

namespace clew::query::traceql {

/// A scan that counts for one function of a metrics query; nullptr if the query asks for more than
/// columns can say (relations of spans, events, traces), so that traces must be read. Both must
/// outlive it.
std::unique_ptr<store::ColumnScan> make_leaf_scan(const MetricsRun::Leaf& leaf,
                                                  const Timeline& timeline);

}  // namespace clew::query::traceql
