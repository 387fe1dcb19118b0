// Reading some of the spans that a TraceQL query finds. Internal: for tempo_tags.cc.
#pragma once

#include <functional>

#include "api/tempo_query.h"
#include "base/tenant.h"
#include "query/engine.h"
#include "query/traceql/trace_view.h"

namespace clew::api {

struct TempoSpansRead {
  uint64_t bytes = 0;
  bool complete = true;  // false: there may be more spans than were read
};

/// Calls `visit` for each span, newest traces first, until it returns false. Reads the newest
/// `most` traces that the store's indexes let through; those are read whether they match or not.
TempoSpansRead read_tempo_spans(
    query::Engine& engine, const Tenant& tenant, const query::traceql::Pipeline& pipeline,
    const TempoNames& names, size_t most,
    const std::function<bool(const query::traceql::TraceView&, uint32_t span)>& visit);

}  // namespace clew::api
