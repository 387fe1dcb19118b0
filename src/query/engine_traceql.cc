#include "query/engine.h"
#include "query/query_timer.h"
#include "query/traceql/plan.h"

namespace clew::query {
namespace {

/// `duration > 5s && duration < 1s` is no error.
bool can_match_nothing(const store::Filter& filter) {
  return filter.min_duration > filter.max_duration.value_or(UINT64_MAX) ||
         filter.min_trace_duration > filter.max_trace_duration.value_or(UINT64_MAX);
}

}  // namespace

Result<traceql::SearchEnd> Engine::search_traceql(
    const Tenant& tenant, const traceql::Search& search,
    const std::function<void(traceql::FoundTrace)>& found) {
  Timer timer("search_traceql");
  auto witnesses = traceql::witnesses_of(search.pipeline);
  store::Filter filter = witnesses.empty() ? store::Filter{} : std::move(witnesses[0].filter);
  filter.start_min = search.start_min;
  filter.start_max = search.start_max;
  if (search.min_duration && search.min_duration > filter.min_trace_duration)
    filter.min_trace_duration = search.min_duration;
  if (search.max_duration &&
      (!filter.max_trace_duration || *search.max_duration < *filter.max_trace_duration))
    filter.max_trace_duration = search.max_duration;
  size_t limit = bounded(search.limit);
  traceql::SearchEnd end;
  if (can_match_nothing(filter)) return end;
  size_t count = 0;
  auto scanned =
      scan(tenant, filter, search.after, [&](const store::Query&, const otlp::Batch& trace) {
        ++end.inspected_traces;
        end.inspected_spans += trace.spans().size();
        end.inspected_bytes += trace.bytes().size();
        if (auto match = traceql::search_trace(search, trace)) {
          found(*std::move(match));
          ++count;
        }
        return count < limit ? Seen::kGoOn : Seen::kEnough;
      });
  if (!scanned) return std::unexpected(scanned.error());
  end.next = scanned->next;
  end.complete = scanned->complete;
  return end;
}

}  // namespace clew::query
