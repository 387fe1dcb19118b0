// Questions over all parts of a tenant.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "store/part.h"
#include "store/store.h"

namespace clew::store {

using Parts = std::vector<std::shared_ptr<const Part>>;

/// Store::find. Looks at traces newest first over all parts at once, and stops as soon as no trace
/// that it has not seen can be newer than the `limit` it has. Nothing that exists is missed: a
/// trace that matches has a matching span in some part; that part offers it at the start of the
/// trace's earliest span there, which is its true start or later, so that what is still to come
/// starts no later than the bounds the parts give (PartSearch::next_start). A part may give a bound
/// that is too high, and lead to nothing. The exception: a part that has only spans without a start
/// of it offers it last, whatever other parts know.
///
/// A trace is judged by all parts: its start, its duration and its ID are those of all its spans.
/// Which page it is on depends on nothing else, so pages neither overlap nor leave gaps.
FindResult find_traces(const Parts& parts, const Query& query, size_t limit, const Clock& clock,
                       UnixNanos deadline, const std::atomic<bool>* cancelled = nullptr,
                       const std::optional<FoundTrace>& after = std::nullopt);

/// Store::trace. `id` may be of either form (is_same_trace).
Result<TraceResult> collect_trace(const Parts& parts, const TraceId& id, const Bounds& bounds = {});

}  // namespace clew::store
