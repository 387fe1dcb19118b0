// Metrics from columns: without putting spans and traces together.
#pragma once

#include <memory>
#include <optional>

#include "query/traceql/metrics.h"
#include "store/column_scan.h"

namespace clew::query::traceql {

/// The columns that say all a function asks of its spans; nullopt if none do, so that traces must
/// be read: for relations of spans, their events and links, what is the trace's, and compare().
std::optional<store::ScanColumns> columns_for(const Pipeline& pipeline,
                                              const MetricFunction& function);

/// A scan that counts for one function of a metrics query; nullptr if columns_for() has none. Both
/// must outlive it.
std::unique_ptr<store::ColumnScan> make_leaf_scan(const MetricsRun::Leaf& leaf,
                                                  const Timeline& timeline);

}  // namespace clew::query::traceql
