#include <algorithm>

#include "base/limits.h"
#include "base/metrics.h"
#include "query/engine.h"
#include "query/query_timer.h"

namespace clew::query {
namespace {

/// Traces taken from the store at a time: some more than a page, since not all of them match.
constexpr size_t kCandidates = 200;

bool has_match(const otlp::Batch& trace, const store::Query& query, const SpanPredicate& where) {
  store::SpanMatcher matcher(query, trace);
  return std::ranges::any_of(trace.spans(), [&](const otlp::SpanRef& ref) {
    return matcher.matches(ref) && where.matches(trace, ref);
  });
}

}  // namespace

struct Engine::Where {
  const SpanPredicate& predicate;
  size_t limit;
  const std::optional<store::FoundTrace>& after;
};

template <typename Answer, typename Keep>
Result<void> Engine::find_where(const Tenant& tenant, store::Filter filter, const Where& where,
                                Answer& answer, Keep&& keep) {
  where.predicate.narrow(filter);
  auto query = compile(filter);
  if (!query) return std::unexpected(query.error());
  size_t limit = bounded(where.limit);
  UnixNanos until = deadline();
  std::optional<store::FoundTrace> place = where.after;  // all up to it has been looked at
  auto stop = [&]() -> Result<void> {
    answer.complete = false;
    if (place != where.after) answer.next = place;
    return {};
  };
  for (bool more = true; more;) {
    auto found = store_.find(tenant, *query, kCandidates, until, &cancelled_, place);
    answer.complete &= found.complete;
    more = found.more && !found.traces.empty();
    for (const store::FoundTrace& at : found.traces) {
      if (is_over(until)) return stop();
      auto trace = store_.trace(tenant, at.id, {.is_over = [&] { return is_over(until); }});
      if (!trace && trace.error().code == Code::kTimeout) return stop();
      // Not found: retention removed it in the meantime.
      bool gone = !trace && trace.error().code == Code::kNotFound;
      answer.complete &= gone || (trace && trace->complete);
      bool matches = trace && has_match(trace->spans, *query, where.predicate);
      if (matches && !keep(std::move(trace->spans))) return stop();
      place = at;
      if (answer.traces.size() < limit) continue;
      if (more || at != found.traces.back()) answer.next = at;
      return {};
    }
  }
  // The deadline may have ended the last search of the store.
  return is_over(until) ? stop() : Result<void>();
}

Result<SearchResult> Engine::search_where(const Tenant& tenant, store::Filter filter,
                                          const SpanPredicate& where, size_t limit,
                                          const std::optional<store::FoundTrace>& after) {
  Timer timer("search_where");
  SearchResult result;
  auto found = find_where(tenant, std::move(filter), {where, limit, after}, result,
                          [&](const otlp::Batch& trace) {
                            result.traces.push_back(summarize(trace));
                            return true;
                          });
  if (!found) return std::unexpected(found.error());
  return result;
}

Result<TracesResult> Engine::search_traces_where(const Tenant& tenant, store::Filter filter,
                                                 const SpanPredicate& where, size_t limit,
                                                 const std::optional<store::FoundTrace>& after) {
  Timer timer("search_traces_where");
  TracesResult result;
  size_t bytes = 0;
  auto found =
      find_where(tenant, std::move(filter), {where, limit, after}, result, [&](otlp::Batch trace) {
        bytes += trace.bytes().size();
        if (bytes > limits::kTraceAnswerBytes && !result.traces.empty()) {
          metrics::count_limit_hit("trace_answer_bytes");
          return false;
        }
        result.traces.push_back(std::move(trace));
        return true;
      });
  if (!found) return std::unexpected(found.error());
  return result;
}

}  // namespace clew::query
