// Searching as Tempo does.
#pragma once

#include <functional>

#include "api/tempo_query.h"
#include "base/tenant.h"
#include "query/engine.h"

namespace clew::api {

/// Calls `found` for each trace, newest first. kInvalid for TraceQL that is wrong or makes metrics.
Result<query::traceql::SearchEnd> search_tempo(
    query::Engine& engine, const Tenant& tenant, const TempoSearch& search,
    const std::function<void(query::traceql::FoundTrace)>& found);

}  // namespace clew::api
