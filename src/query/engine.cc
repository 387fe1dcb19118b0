#include "query/engine.h"

#include <algorithm>
#include <unordered_set>

#include "base/limits.h"
#include "base/metrics.h"
#include "query/query_timer.h"
#include "query/shared_spans.h"
#include "query/traces_ahead.h"
#include "store/call_counter.h"

namespace clew::query {
namespace {

bool is_empty(const std::optional<uint64_t>& least, const std::optional<uint64_t>& most) {
  return least && most && *least > *most;
}

UnixNanos start_of(UnixNanos end, std::chrono::milliseconds lookback) {
  auto back = static_cast<UnixNanos>(
      std::max(std::chrono::nanoseconds(lookback), std::chrono::nanoseconds(0)).count());
  return end > back ? end - back : 0;
}

}  // namespace

Result<store::Query> Engine::compile(const store::Filter& filter) {
  if (filter.start_min > filter.start_max)
    return fail(Code::kInvalid, "the search ends before it starts");
  if (is_empty(filter.min_duration, filter.max_duration) ||
      is_empty(filter.min_trace_duration, filter.max_trace_duration))
    return fail(Code::kInvalid, "the shortest duration is longer than the longest");
  return store::Query::compile(filter);
}

size_t Engine::bounded(size_t limit) {
  if (limit <= limits::kSearchResults) return limit;
  metrics::count_limit_hit("search_results");
  return limits::kSearchResults;
}

UnixNanos Engine::deadline() const {
  return clock_.now() +
         static_cast<UnixNanos>(std::chrono::nanoseconds(limits::kQueryDeadline).count());
}

bool Engine::is_over(UnixNanos deadline) const {
  if (cancelled_) return true;
  if (clock_.now() < deadline) return false;
  metrics::count_limit_hit("query_deadline");
  return true;
}

otlp::Batch Engine::answered(otlp::Batch trace) const {
  if (shared_spans_ == SharedSpans::kAsSent) return trace;
  return separate_shared_spans(std::move(trace));
}

template <typename Visit>
bool Engine::visit_traces(const Tenant& tenant, const std::vector<store::FoundTrace>& found,
                          UnixNanos deadline, Visit&& visit) {
  bool complete = true;
  TracesAhead traces(store_, tenant, found, {.is_over = [&] { return is_over(deadline); }});
  for (const store::FoundTrace& trace : found) {
    if (is_over(deadline)) return false;
    auto spans = traces.take();
    if (!spans && spans.error().code == Code::kTimeout) return false;
    // Not found: retention removed it in the meantime.
    if (!spans && spans.error().code == Code::kNotFound) continue;
    complete &= spans.has_value() && spans->complete;
    if (spans && !visit(trace, answered(std::move(spans->spans)))) return false;
  }
  return complete;
}

Result<SearchResult> Engine::search(const Tenant& tenant, const store::Filter& filter, size_t limit,
                                    const std::optional<store::FoundTrace>& after) {
  Timer timer("search");
  auto query = compile(filter);
  if (!query) return std::unexpected(query.error());
  UnixNanos until = deadline();
  auto found = store_.find(tenant, *query, bounded(limit), until, &cancelled_, after);
  SearchResult result{.complete = found.complete};
  std::optional<store::FoundTrace> last;
  for (const store::FoundTrace& trace : found.traces) {
    if (is_over(until)) {
      result.complete = false;
      break;
    }
    if (auto summary = summary_of(tenant, trace.id, result.complete)) {
      result.traces.push_back(*std::move(summary));
      last = trace;
    }
  }
  // Where the deadline came before the last was summarised, the next page begins with those left.
  if (last && (found.more || *last != found.traces.back())) result.next = last;
  return result;
}

std::optional<TraceSummary> Engine::summary(const Tenant& tenant, const TraceId& id) {
  Timer timer("summary");
  bool complete = true;
  return summary_of(tenant, id, complete);
}

std::optional<TraceSummary> Engine::summary_of(const Tenant& tenant, const TraceId& id,
                                               bool& complete) {
  Summarizer summarizer;
  bool whole = store_.visit_outlines(tenant, id,
                                     [&](const store::SpanOutline& span) { summarizer.add(span); });
  if (summarizer.has_repeats() || summarizer.spans() > limits::kSpansPerTrace) {
    // Only whole spans tell whether they are the same, and only whole traces are bounded.
    auto trace = store_.trace(tenant, id);
    complete &= trace && trace->complete;
    return trace ? std::optional(summarize(trace->spans)) : std::nullopt;
  }
  complete &= whole;
  // None: retention removed it in the meantime.
  return summarizer.spans() > 0 ? std::optional(summarizer.finish(id)) : std::nullopt;
}

Result<TracesResult> Engine::search_traces(const Tenant& tenant, const store::Filter& filter,
                                           size_t limit,
                                           const std::optional<store::FoundTrace>& after) {
  Timer timer("search_traces");
  auto query = compile(filter);
  if (!query) return std::unexpected(query.error());
  UnixNanos until = deadline();
  auto found = store_.find(tenant, *query, bounded(limit), until, &cancelled_, after);
  TracesResult result{.complete = found.complete};
  std::optional<store::FoundTrace> last;
  size_t bytes = 0;
  auto keep = [&](const store::FoundTrace& place, otlp::Batch trace) {
    bytes += trace.bytes().size();
    if (bytes > limits::kTraceAnswerBytes && !result.traces.empty()) {
      metrics::count_limit_hit("trace_answer_bytes");
      return false;
    }
    result.traces.push_back(std::move(trace));
    last = place;
    return true;
  };
  result.complete &= visit_traces(tenant, found.traces, until, keep);
  if (last && (found.more || *last != found.traces.back())) result.next = last;
  return result;
}

Result<store::TraceResult> Engine::trace(const Tenant& tenant, const TraceId& id) {
  Timer timer("trace");
  UnixNanos until = deadline();
  auto found = store_.trace(tenant, id, {.is_over = [&] { return is_over(until); }});
  if (found) found->spans = answered(std::move(found->spans));
  return found;
}

Result<std::unique_ptr<TraceStream>> Engine::stream_trace(const Tenant& tenant, const TraceId& id) {
  Timer timer("stream_trace");
  return TraceStream::open(store_, tenant, id, shared_spans_ == SharedSpans::kSeparate);
}

TracesById Engine::traces_by_id(const Tenant& tenant, std::span<const TraceId> ids) {
  Timer timer("traces_by_id");
  UnixNanos until = deadline();
  TracesById result;
  std::unordered_set<TraceId, IdHash> seen;
  size_t room = limits::kTraceAnswerBytes;
  bool over = false;
  for (const TraceId& id : ids) {
    if (seen.contains(id)) continue;
    bool past_limit = seen.size() >= limits::kSearchResults;
    if (past_limit && !over) metrics::count_limit_hit("search_results");
    over = over || past_limit || room == 0 || is_over(until);
    if (past_limit) break;  // of what a client may repeat without end nothing more is kept
    seen.insert(id);
    if (over) {
      result.not_looked_at.push_back(id);
      continue;
    }
    auto trace = store_.trace(tenant, id, {room, [&] { return is_over(until); }});
    if (!trace) {
      bool absent = trace.error().code == Code::kNotFound;
      (absent ? result.not_found : result.not_looked_at).push_back(id);
      continue;
    }
    result.found.complete &= trace->complete;
    room -= std::min(room, trace->spans.bytes().size());
    if (room == 0) metrics::count_limit_hit("trace_answer_bytes");
    result.found.traces.push_back(answered(std::move(trace->spans)));
  }
  result.found.complete &= result.not_looked_at.empty() && !over;
  return result;
}

std::vector<std::string> Engine::services(const Tenant& tenant) {
  Timer timer("services");
  return store_.services(tenant, [this, until = deadline()] { return is_over(until); });
}

std::vector<store::Operation> Engine::operations(const Tenant& tenant, const std::string& service,
                                                 std::optional<otlp::SpanKind> kind) {
  Timer timer("operations");
  return store_.operations(tenant, service, kind,
                           [this, until = deadline()] { return is_over(until); });
}

std::vector<store::TagName> Engine::tag_names(const Tenant& tenant,
                                              std::optional<store::AttributeScope> scope) {
  Timer timer("tag_names");
  return store_.tag_names(tenant, scope, [this, until = deadline()] { return is_over(until); });
}

std::vector<store::TagValue> Engine::tag_values(const Tenant& tenant,
                                                std::optional<store::AttributeScope> scope,
                                                std::string_view key, std::string_view prefix,
                                                size_t limit) {
  Timer timer("tag_values");
  return store_.tag_values(tenant, scope, key, prefix, limit,
                           [this, until = deadline()] { return is_over(until); });
}

DependenciesResult Engine::dependencies(const Tenant& tenant, UnixNanos end,
                                        std::chrono::milliseconds lookback) {
  Timer timer("dependencies");
  UnixNanos until = deadline();
  auto counted =
      store_.count_calls(tenant, {start_of(end, lookback), end}, [&] { return is_over(until); });
  return {dependencies_of(counted.table), counted.complete};
}

store::FindResult Engine::recent(const Tenant& tenant, UnixNanos end,
                                 std::chrono::milliseconds lookback, UnixNanos until) {
  // Without conditions nothing can be wrong with it.
  auto query = *store::Query::compile({.start_min = start_of(end, lookback), .start_max = end});
  auto found = store_.find(tenant, query, limits::kDependencyTraces, until, &cancelled_);
  if (found.traces.size() >= limits::kDependencyTraces) {
    metrics::count_limit_hit("dependency_traces");
    found.complete = false;
  }
  return found;
}

bool Engine::visit_recent(const Tenant& tenant, UnixNanos end, std::chrono::milliseconds lookback,
                          const std::function<void(const otlp::Batch&)>& visit) {
  Timer timer("dependencies");
  UnixNanos until = deadline();
  auto found = recent(tenant, end, lookback, until);
  // As they were found, newest first: so they stand in blocks, those of a row group together.
  bool complete = visit_traces(tenant, found.traces, until, [&](const auto&, const auto& trace) {
    visit(trace);
    return true;
  });
  return complete && found.complete;
}

}  // namespace clew::query
