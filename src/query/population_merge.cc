// Traces that match, merged into one tree of calls, by two threads where there is one to spare.
#include <algorithm>
#include <array>
#include <chrono>

#include "base/limits.h"
#include "base/metrics.h"
#include "query/engine.h"
#include "query/population.h"
#include "query/query_timer.h"
#include "query/traceql/pipeline.h"
#include "query/traceql/plan.h"
#include "store/second_thread.h"

namespace clew::query {
namespace {

/// Traces that a thread merges before it is looked how many there are.
constexpr size_t kTracesAtATime = 2000;

/// Merges what traces it is given into a tree of its own. One thread.
class Merger {
 public:
  /// `pipeline` is null if all traces that are given belong to the population. All must outlive it.
  Merger(store::Store& store, const Tenant& tenant, const traceql::Pipeline* pipeline,
         const std::function<bool()>& is_over)
      : store_(store), tenant_(tenant), pipeline_(pipeline), is_over_(is_over) {}

  /// Merges the traces as long as the tree has fewer than `limit`; how many of them it looked at.
  size_t merge(std::span<const store::FoundTrace> traces, size_t limit) {
    size_t done = 0;
    for (const store::FoundTrace& trace : traces) {
      if (tree_.traces() >= limit) break;
      if (is_over_()) {
        complete_ = false;
        break;
      }
      complete_ &= pipeline_ ? merge_if_it_matches(trace.id) : merge(trace.id);
      ++done;
    }
    return done;
  }

  /// Whether it met no damage, deadline or limit.
  bool complete() const { return complete_; }
  CallTree& tree() { return tree_; }

 private:
  bool merge(const TraceId& id) {
    bool all_added = true;
    bool all_read = store_.visit_outlines(
        tenant_, id, [&](const store::SpanOutline& span) { all_added &= tree_.add(span); });
    tree_.end_trace(id);
    return all_added && all_read;
  }

  bool merge_if_it_matches(const TraceId& id) {
    auto trace = store_.trace(tenant_, id, {.is_over = is_over_});
    // Not found: retention removed it in the meantime.
    if (!trace) return trace.error().code == Code::kNotFound;
    if (traceql::find_spans(*pipeline_, traceql::TraceView(trace->spans), is_over_).empty())
      return trace->complete;
    bool all_added = true;
    for (const otlp::SpanRef& ref : trace->spans.spans())
      all_added &= tree_.add(store::outline_of(trace->spans, ref));
    tree_.end_trace(id);
    return all_added && trace->complete;
  }

  store::Store& store_;
  const Tenant& tenant_;
  const traceql::Pipeline* pipeline_;
  const std::function<bool()>& is_over_;
  CallTree tree_;
  bool complete_ = true;
};

/// Merges up to `limit` of the traces, newest first. How many were looked at.
size_t merge_found(std::array<Merger, 2>& mergers, std::span<const store::FoundTrace> traces,
                   size_t limit) {
  auto second = traces.size() > kTracesAtATime ? store::SecondThread::hire() : nullptr;
  size_t done = 0;
  while (done < traces.size()) {
    auto rest = traces.subspan(done);
    size_t merged = mergers[0].tree().traces() + mergers[1].tree().traces();
    if (merged >= limit) break;
    size_t room = limit - merged;
    auto here = rest.first(std::min(rest.size(), kTracesAtATime));
    auto there = rest.subspan(here.size());
    there = there.first(std::min(there.size(), kTracesAtATime));
    // Only where both have room for all they get: else the older ones might take it.
    bool both = second && !there.empty() && room >= here.size() + there.size();
    size_t done_there = 0;
    if (both) second->begin([&] { done_there = mergers[1].merge(there, SIZE_MAX); });
    size_t done_here = mergers[0].merge(here, mergers[0].tree().traces() + room);
    if (both) second->wait();
    done += done_here + done_there;
    bool stopped = done_here < here.size() || (both && done_there < there.size());
    if (stopped) break;
  }
  return done;
}

/// Merges the traces with these IDs; those that are not there.
std::vector<TraceId> merge_ids(Merger& merger, const std::vector<TraceId>& ids) {
  std::vector<TraceId> not_found;
  for (const TraceId& id : ids) {
    size_t before = merger.tree().traces();
    store::FoundTrace trace{.id = id, .start = 0};
    bool looked = merger.merge({&trace, 1}, SIZE_MAX) > 0;
    if (looked && merger.tree().traces() == before) not_found.push_back(id);
  }
  return not_found;
}

/// What is narrowest of what every trace that matches must have.
store::Filter narrowest(const traceql::Pipeline& pipeline) {
  auto witnesses = traceql::witnesses_of(pipeline);
  return witnesses.empty() ? store::Filter{} : std::move(witnesses[0].filter);
}

bool can_match_nothing(const store::Filter& filter) {
  return filter.min_duration > filter.max_duration.value_or(UINT64_MAX) ||
         filter.min_trace_duration > filter.max_trace_duration.value_or(UINT64_MAX);
}

size_t bounded(size_t limit) {
  if (limit <= limits::kPopulationTraces) return limit;
  metrics::count_limit_hit("population_traces");
  return limits::kPopulationTraces;
}

}  // namespace

Result<PopulationAnswer> Populations::merge(const Tenant& tenant,
                                            const PopulationQuestion& question) {
  Timer timer("population");
  UnixNanos until = clock_.now() + static_cast<UnixNanos>(
                                       std::chrono::nanoseconds(limits::kQueryDeadline).count());
  std::function<bool()> over = [this, until] {
    if (cancelled_) return true;
    if (clock_.now() < until) return false;
    metrics::count_limit_hit("query_deadline");
    return true;
  };
  PopulationAnswer answer;
  auto exact = exact_filter(question.pipeline);
  const traceql::Pipeline* tested = exact || !question.ids.empty() ? nullptr : &question.pipeline;
  std::array<Merger, 2> mergers{Merger(store_, tenant, tested, over),
                                Merger(store_, tenant, tested, over)};
  size_t limit = bounded(question.limit);
  if (!question.ids.empty()) {
    answer.not_found = merge_ids(mergers[0], question.ids);
    if (answer.not_found.size() == question.ids.size())
      return fail(Code::kNotFound, "there is no trace {}", question.ids.front().hex());
  } else {
    store::Filter filter = exact ? *std::move(exact) : narrowest(question.pipeline);
    filter.start_min = question.start_min;
    filter.start_max = question.start_max;
    if (can_match_nothing(filter)) return answer;
    auto query = Engine::compile(filter);
    if (!query) return std::unexpected(query.error());
    size_t candidates = tested ? limits::kPopulationTraces : limit;
    auto found = store_.find(tenant, *query, candidates, until, &cancelled_);
    size_t looked_at = merge_found(mergers, found.traces, limit);
    answer.complete = found.complete;
    answer.more = found.more || looked_at < found.traces.size();
  }
  answer.complete &= mergers[0].complete() && mergers[1].complete();
  mergers[0].tree().add(mergers[1].tree());
  answer.population = mergers[0].tree().finish();
  return answer;
}

}  // namespace clew::query
