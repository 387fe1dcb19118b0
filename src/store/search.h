// Questions over all parts of a tenant.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "store/part.h"
#include "store/store.h"

namespace clew::store {

using Parts = std::vector<std::shared_ptr<const Part>>;

/// Store::find. Looks at traces newest first over all parts at once, and stops as soon as no trace
/// that it has not seen can be newer than the `limit` it has. Nothing that exists is missed: a
/// trace that matches has a matching span in some part, that part offers it at its start there or
/// later, and its true start is no later than that. The exception: a part that has only spans
/// without a start of it offers it last, whatever other parts know.
FindResult find_traces(const Parts& parts, const Filter& filter, size_t limit, const Clock& clock,
                       UnixNanos deadline, size_t max_scanned = limits::kSearchScannedTraces,
                       const std::atomic<bool>* cancelled = nullptr);

/// Store::trace.
Result<TraceResult> collect_trace(const Parts& parts, const TraceId& id, const Bounds& bounds = {});

}  // namespace clew::store
