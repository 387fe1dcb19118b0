#include <algorithm>

#include "base/limits.h"
#include "base/metrics.h"
#include "query/engine.h"
#include "query/query_timer.h"
#include "query/traces_ahead.h"

namespace clew::query {
namespace {

/// Traces taken from the store at a time where those that were likely to be enough are not: many,
/// since each time the store begins anew.
constexpr size_t kCandidates = 200;

/// Taken beyond a page at first where a trace may be found and yet not match.
constexpr size_t kSpareCandidates = 4;

size_t first_candidates(size_t limit, bool all_match) {
  if (limit == 0) return kCandidates;
  return std::min(limit + (all_match ? 0 : kSpareCandidates), kCandidates);
}

bool has_match(const otlp::Batch& trace, const store::Query& query, const SpanPredicate& where) {
  store::SpanMatcher matcher(query, trace);
  return std::ranges::any_of(trace.spans(), [&](const otlp::SpanRef& ref) {
    return matcher.matches(ref) && where.matches(trace, ref);
  });
}

}  // namespace

Result<Engine::Scanned> Engine::scan(const Tenant& tenant, const Scan& of,
                                     const TraceVisit& visit) {
  auto query = compile(of.filter);
  if (!query) return std::unexpected(query.error());
  UnixNanos until = deadline();
  Scanned scanned;
  std::optional<store::FoundTrace> place = of.after;  // all up to it has been looked at
  auto stop = [&] {
    scanned.complete = false;
    if (place != of.after) scanned.next = place;
    return scanned;
  };
  size_t candidates = first_candidates(of.limit, of.all_match);
  for (bool more = true; more; candidates = kCandidates) {
    auto found = store_.find(tenant, *query, candidates, until, &cancelled_, place);
    scanned.complete &= found.complete;
    more = found.more && !found.traces.empty();
    TracesAhead traces(store_, tenant, found.traces,
                       {.is_over = [&] { return is_over(until); }, .attribute = of.wanted});
    for (const store::FoundTrace& at : found.traces) {
      if (is_over(until)) return stop();
      auto trace = traces.take();
      if (!trace && trace.error().code == Code::kTimeout) return stop();
      // Not found: retention removed it in the meantime.
      bool gone = !trace && trace.error().code == Code::kNotFound;
      scanned.complete &= gone || (trace && trace->complete);
      Seen seen = trace ? visit(*query, answered(std::move(trace->spans))) : Seen::kGoOn;
      if (seen == Seen::kNoRoom) return stop();
      place = at;
      if (seen == Seen::kGoOn) continue;
      if (more || at != found.traces.back()) scanned.next = at;
      return scanned;
    }
  }
  // The deadline may have ended the last search of the store.
  return is_over(until) ? stop() : scanned;
}

Result<SearchResult> Engine::search_where(const Tenant& tenant, store::Filter filter,
                                          const SpanPredicate& where, size_t limit,
                                          const std::optional<store::FoundTrace>& after) {
  Timer timer("search_where");
  where.narrow(filter);
  limit = bounded(limit);
  SearchResult result;
  auto scanned = scan(tenant, {.filter = filter, .after = after, .limit = limit},
                      [&](const store::Query& query, otlp::Batch trace) {
                        if (has_match(trace, query, where))
                          result.traces.push_back(summarize(trace));
                        return result.traces.size() < limit ? Seen::kGoOn : Seen::kEnough;
                      });
  if (!scanned) return std::unexpected(scanned.error());
  result.next = scanned->next;
  result.complete = scanned->complete;
  return result;
}

Result<TracesResult> Engine::search_traces_where(const Tenant& tenant, store::Filter filter,
                                                 const SpanPredicate& where, size_t limit,
                                                 const std::optional<store::FoundTrace>& after) {
  Timer timer("search_traces_where");
  where.narrow(filter);
  limit = bounded(limit);
  TracesResult result;
  size_t bytes = 0;
  auto scanned = scan(tenant, {.filter = filter, .after = after, .limit = limit},
                      [&](const store::Query& query, otlp::Batch trace) {
                        if (!has_match(trace, query, where)) return Seen::kGoOn;
                        bytes += trace.bytes().size();
                        if (bytes > limits::kTraceAnswerBytes && !result.traces.empty()) {
                          metrics::count_limit_hit("trace_answer_bytes");
                          return Seen::kNoRoom;
                        }
                        result.traces.push_back(std::move(trace));
                        return result.traces.size() < limit ? Seen::kGoOn : Seen::kEnough;
                      });
  if (!scanned) return std::unexpected(scanned.error());
  result.next = scanned->next;
  result.complete = scanned->complete;
  return result;
}

}  // namespace clew::query
