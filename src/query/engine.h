// Answers to the questions the APIs ask, computed from the store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/batch.h"
#include "query/dependencies.h"
#include "query/expression.h"
#include "query/span_rates.h"
#include "query/summary.h"
#include "query/trace_stream.h"
#include "query/traceql/metrics_question.h"
#include "query/traceql/search.h"
#include "store/store.h"

namespace clew::query {

struct SearchResult {
  std::vector<TraceSummary> traces;  // newest first
  /// What a search after these begins after; unset if there is certainly nothing, or if nothing
  /// was found before the search was cut short.
  std::optional<store::FoundTrace> next;
  /// False when a deadline, a limit or damage cut the search short: there may be more.
  bool complete = true;
};

struct TracesResult {
  std::vector<otlp::Batch> traces;        // newest first, each with all spans of one trace
  std::optional<store::FoundTrace> next;  // of a search: as SearchResult::next
  bool complete = true;
};

struct TracesById {
  TracesResult found;                  // in the order asked for
  std::vector<TraceId> not_found;      // certainly not there
  std::vector<TraceId> not_looked_at;  // a bound or damage came before; `found` is not complete
};

struct DependenciesResult {
  std::vector<Dependency> dependencies;  // sorted by parent, then child
  bool complete = true;
};

/// Runs queries. Any thread may call any method, and each call is counted in
/// clew_query_duration_seconds{kind}. Each stops at limits::kQueryDeadline or cancel() with what it
/// has; both are looked at before each trace and each part of the store.
class Engine {
 public:
  /// How traces are answered with that have shared spans of Zipkin's: as they were sent, or with an
  /// ID for each (shared_spans.h).
  enum class SharedSpans : uint8_t { kAsSent, kSeparate };

  /// Store and clock must outlive the engine.
  explicit Engine(store::Store& store, const Clock& clock = Clock::system(),
                  SharedSpans shared_spans = SharedSpans::kAsSent)
      : store_(store), clock_(clock), shared_spans_(shared_spans) {}

  /// Summaries of the `limit` (at most limits::kSearchResults) newest traces that match; only those
  /// that come after `after`, the SearchResult::next of a search before. Fails with kInvalid if the
  /// filter has a wrong condition (store::Query::compile) or an empty range.
  Result<SearchResult> search(const Tenant& tenant, const store::Filter& filter, size_t limit,
                              const std::optional<store::FoundTrace>& after = std::nullopt);

  /// The same, with all spans of each trace. Holds limits::kTraceAnswerBytes of spans at most.
  Result<TracesResult> search_traces(const Tenant& tenant, const store::Filter& filter,
                                     size_t limit,
                                     const std::optional<store::FoundTrace>& after = std::nullopt);

  /// As search(), of the traces with a span that satisfies `filter` and `where`. Every trace that
  /// the filter lets through is read, so that where `where` cannot narrow it the deadline may come
  /// first; `next` is then where it stopped, also if nothing was found.
  Result<SearchResult> search_where(const Tenant& tenant, store::Filter filter,
                                    const SpanPredicate& where, size_t limit,
                                    const std::optional<store::FoundTrace>& after = std::nullopt);

  /// The same, with all spans of each trace. Holds limits::kTraceAnswerBytes of spans at most.
  Result<TracesResult> search_traces_where(
      const Tenant& tenant, store::Filter filter, const SpanPredicate& where, size_t limit,
      const std::optional<store::FoundTrace>& after = std::nullopt);

  /// What a TraceQL query without metrics finds: calls `found` for each trace, newest first, until
  /// there are as many as the search wants. Every trace that traceql::plan lets through is read, so
  /// where it cannot narrow the query the deadline may come first. Fails with kInvalid as search().
  Result<traceql::SearchEnd> search_traceql(const Tenant& tenant, const traceql::Search& search,
                                            const std::function<void(traceql::FoundTrace)>& found);

  /// What a TraceQL query with metrics answers. Fails with kInvalid as search().
  Result<traceql::MetricsAnswer> metrics_traceql(const Tenant& tenant,
                                                 const traceql::MetricsQuestion& question);

  /// All spans of one trace, limits::kTraceAnswerBytes of them at most; kNotFound if there are
  /// none, kTimeout if the deadline came before the first was found.
  Result<store::TraceResult> trace(const Tenant& tenant, const TraceId& id);

  /// The same little by little, and as many spans as there are (TraceStream). Its reading is not
  /// bound to a deadline: it takes as long as whoever reads it.
  Result<std::unique_ptr<TraceStream>> stream_trace(const Tenant& tenant, const TraceId& id);

  /// The summary of one trace; nothing if there are no spans of it (any more).
  std::optional<TraceSummary> summary(const Tenant& tenant, const TraceId& id);

  /// Several traces under one deadline, limits::kTraceAnswerBytes of spans in all. Repeated IDs
  /// count once, and IDs past limits::kSearchResults are not looked at.
  TracesById traces_by_id(const Tenant& tenant, std::span<const TraceId> ids);

  /// Names of services, sorted.
  std::vector<std::string> services(const Tenant& tenant);

  /// Operations of `service` (empty: of all), of `kind` if given; sorted.
  std::vector<store::Operation> operations(const Tenant& tenant, const std::string& service,
                                           std::optional<otlp::SpanKind> kind = {});

  /// Attributes of spans, in `scope` or in any; sorted.
  std::vector<store::TagName> tag_names(const Tenant& tenant,
                                        std::optional<store::AttributeScope> scope);

  /// The first `limit` values of an attribute that begin with `prefix`; sorted.
  std::vector<store::TagValue> tag_values(const Tenant& tenant,
                                          std::optional<store::AttributeScope> scope,
                                          std::string_view key, std::string_view prefix,
                                          size_t limit);

  /// Who called whom: spans that started in [end - lookback, end] and whose parent is of another
  /// service (store::CallCounter).
  DependenciesResult dependencies(const Tenant& tenant, UnixNanos end,
                                  std::chrono::milliseconds lookback);

  /// Calls visit(otlp::Batch) for the newest traces with a span that started in [end - lookback,
  /// end], at most limits::kDependencyTraces of them, in no order. False if a deadline, a limit or
  /// damage left some out.
  bool visit_recent(const Tenant& tenant, UnixNanos end, std::chrono::milliseconds lookback,
                    const std::function<void(const otlp::Batch&)>& visit);

  /// The spans that `selection` wants, the newest of too many; none past the deadline.
  Result<CountedSpans> count_spans(const Tenant& tenant, const SpanSelection& selection);

  /// For shutdown: queries that run and those that still come end as if their deadline had passed.
  void cancel() { cancelled_ = true; }

  /// What all searches do with a filter first. Fails with kInvalid on an empty range or a wrong
  /// condition.
  static Result<store::Query> compile(const store::Filter& filter);

 private:
  /// `limit`, limits::kSearchResults at most.
  static size_t bounded(size_t limit);
  UnixNanos deadline() const;
  /// True once the deadline has passed or cancel() was called.
  bool is_over(UnixNanos deadline) const;
  /// Nothing if there are no spans (any more). What could not be read makes `complete` false.
  std::optional<TraceSummary> summary_of(const Tenant& tenant, const TraceId& id, bool& complete);
  /// Calls visit(found trace, otlp::Batch) for each trace until it returns false. True if none was
  /// left out.
  template <typename Visit>
  bool visit_traces(const Tenant& tenant, const std::vector<store::FoundTrace>& found,
                    UnixNanos deadline, Visit&& visit);
  /// The newest traces with a span in [end - lookback, end], limits::kDependencyTraces at most.
  store::FindResult recent(const Tenant& tenant, UnixNanos end, std::chrono::milliseconds lookback,
                           UnixNanos until);
  /// The trace as it is answered with.
  otlp::Batch answered(otlp::Batch trace) const;
  /// What a visit of scan() says: look at the next trace, there are enough, or this one had no
  /// room.
  enum class Seen : uint8_t { kGoOn, kEnough, kNoRoom };
  using TraceVisit = std::function<Seen(const store::Query&, otlp::Batch)>;
  struct Scanned {
    std::optional<store::FoundTrace> next = {};  // as SearchResult::next
    bool complete = true;
  };
  /// What scan() reads.
  struct Scan {
    const store::Filter& filter;
    std::optional<store::FoundTrace> after = {};
    store::AttributeChoice wanted = {};  // of spans
    size_t limit = 0;                    // traces that are enough; 0: none are
    bool all_match = false;              // whether (nearly) all that the filter lets through do
  };
  /// Reads the traces that the filter lets through, newest first.
  Result<Scanned> scan(const Tenant& tenant, const Scan& of, const TraceVisit& visit);

  store::Store& store_;
  const Clock& clock_;
  const SharedSpans shared_spans_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace clew::query
