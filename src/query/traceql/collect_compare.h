// compare(): which attributes tell the selected spans from the others. Internal: for collect.cc.
#pragma once

#include <memory>

#include "query/traceql/metrics.h"

namespace clew::query::traceql {

std::unique_ptr<MetricCollector> make_compare_collector(const MetricFunction& function,
                                                        const Timeline& timeline);

}  // namespace clew::query::traceql
