#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_set>

#include "base/limits.h"
#include "base/metrics.h"
#include "query/engine.h"
#include "query/query_timer.h"

namespace clew::query {
namespace {

constexpr size_t kTracesAtATime = 1000;

/// Spans counted for one answer: 24 bytes each.
constexpr size_t kMostCountedSpans = 2'000'000;

/// Adds the spans of a trace. One that was sent twice counts once; a client and a server may share
/// an ID (Zipkin). The value says whether all of it could be read.
bool count_trace(store::Store& store, const Tenant& tenant, const TraceId& id,
                 SpanCounter& counter) {
  std::set<std::tuple<SpanId, otlp::SpanKind, UnixNanos, uint64_t>> seen;
  return store.visit_outlines(tenant, id, [&](const store::SpanOutline& span) {
    if (seen.emplace(span.id, span.kind, span.start, span.duration).second) counter.add(span);
  });
}

}  // namespace

Result<CountedSpans> Engine::count_spans(const Tenant& tenant, const SpanSelection& selection) {
  Timer timer("count_spans");
  UnixNanos until = deadline();
  CountedSpans result{.counted_from = selection.start_min};
  SpanCounter counter(selection);
  std::unordered_set<TraceId, IdHash> seen;  // of several services a trace comes several times
  auto cut_short = [&](UnixNanos counted_from) {
    result.complete = false;
    result.counted_from = std::max(result.counted_from, counted_from);
  };
  // False once no more can be counted.
  auto count = [&](const store::FoundTrace& trace) {
    bool full = counter.spans() >= kMostCountedSpans;
    if (full) metrics::count_limit_hit("counted_spans");
    if (full || is_over(until)) return cut_short(trace.start + 1), false;
    if (seen.insert(trace.id).second && !count_trace(store_, tenant, trace.id, counter))
      cut_short(0);
    return true;
  };
  for (const std::string& service : selection.services) {
    store::Filter filter{
        .service = service, .start_min = selection.start_min, .start_max = selection.start_max};
    if (selection.kinds.size() == 1) filter.kind = selection.kinds.front();
    auto query = compile(filter);
    if (!query) return std::unexpected(query.error());
    std::optional<store::FoundTrace> place;
    for (bool more = true; more;) {
      auto found = store_.find(tenant, *query, kTracesAtATime, until, &cancelled_, place);
      if (!found.complete) cut_short(is_over(until) && found.traces.empty() ? UINT64_MAX : 0);
      if (!found.traces.empty()) place = found.traces.back();
      bool counted = std::ranges::all_of(found.traces, count);
      more = counted && found.more && !found.traces.empty();
    }
  }
  result.series = counter.take();
  return result;
}

}  // namespace clew::query
