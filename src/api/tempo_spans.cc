#include "api/tempo_spans.h"

#include <algorithm>
#include <chrono>

#include "base/limits.h"
#include "query/traceql/pipeline.h"
#include "query/traceql/plan.h"

namespace clew::api {
namespace {

using namespace query::traceql;

constexpr size_t kTracesAtATime = 50;  // they are in memory together

/// False: to read no further.
bool visit_trace(const Pipeline& pipeline, const otlp::Batch& batch,
                 const std::function<bool(const TraceView&, uint32_t)>& visit) {
  TraceView trace(batch);
  for (const FoundSpans& spanset : find_spans(pipeline, trace))
    for (uint32_t span : spanset.spans)
      if (!visit(trace, span)) return false;
  return true;
}

}  // namespace

TempoSpansRead read_tempo_spans(query::Engine& engine, const Tenant& tenant,
                                const Pipeline& pipeline, const TempoNames& names, size_t most,
                                const std::function<bool(const TraceView&, uint32_t)>& visit) {
  TempoSpansRead read;
  auto witnesses = witnesses_of(pipeline);
  store::Filter filter = witnesses.empty() ? store::Filter{} : std::move(witnesses[0].filter);
  filter.start_min = names.start_min;
  filter.start_max = names.start_max;
  auto until = std::chrono::steady_clock::now() + limits::kQueryDeadline;
  std::optional<store::FoundTrace> after;
  for (size_t seen = 0; seen < most;) {
    auto found = engine.search_traces(tenant, filter, std::min(kTracesAtATime, most - seen), after);
    // Only a range without anything in it is refused here, such as `duration > 5s && duration <
    // 1s`.
    if (!found) return read;
    for (const otlp::Batch& batch : found->traces) {
      read.bytes += batch.bytes().size();
      if (!visit_trace(pipeline, batch, visit)) return read;
    }
    seen += found->traces.size();
    after = found->next;
    if (!found->complete || !after) {
      read.complete = found->complete;
      return read;
    }
    if (std::chrono::steady_clock::now() > until) break;
  }
  read.complete = false;
  return read;
}

}  // namespace clew::api
