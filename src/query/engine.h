// Answers to the questions the APIs ask, computed from the store.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/batch.h"
#include "query/dependencies.h"
#include "query/summary.h"
#include "store/store.h"

namespace clew::query {

struct SearchResult {
  std::vector<TraceSummary> traces;  // newest first
  /// False when a deadline, a limit or damage cut the search short: there may be more.
  bool complete = true;
};

struct TracesResult {
  std::vector<otlp::Batch> traces;  // newest first, each with all spans of one trace
  bool complete = true;
};

struct DependenciesResult {
  std::vector<Dependency> dependencies;  // sorted by parent, then child
  bool complete = true;
};

/// Runs queries. Any thread may call any method; each call ends within limits::kQueryDeadline and
/// is counted in clew_query_duration_seconds{kind}.
class Engine {
 public:
  /// Both must outlive the engine.
  explicit Engine(store::Store& store, const Clock& clock = Clock::system())
      : store_(store), clock_(clock) {}

  /// Summaries of the `limit` (at most limits::kSearchResults) newest traces that match. Fails with
  /// kInvalid if the filter has more than limits::kTagsPerQuery tags or an empty range.
  Result<SearchResult> search(const Tenant& tenant, const store::Filter& filter, size_t limit);

  /// The same, with all spans of each trace. Holds limits::kTraceAnswerBytes of spans at most.
  Result<TracesResult> search_traces(const Tenant& tenant, const store::Filter& filter,
                                     size_t limit);

  /// All spans of one trace; kNotFound if there are none.
  Result<store::TraceResult> trace(const Tenant& tenant, const TraceId& id);

  /// Names of services, sorted.
  std::vector<std::string> services(const Tenant& tenant);

  /// Operations of `service` (empty: of all), of `kind` if given; sorted.
  std::vector<store::Operation> operations(const Tenant& tenant, const std::string& service,
                                           std::optional<otlp::SpanKind> kind = {});

  /// Who called whom, counted from the spans of the newest traces with a span that started in
  /// [end - lookback, end], at most limits::kDependencyTraces of them.
  DependenciesResult dependencies(const Tenant& tenant, UnixNanos end,
                                  std::chrono::milliseconds lookback);

 private:
  UnixNanos deadline() const;
  /// Calls visit(otlp::Batch) for each trace until it returns false. True if none was left out.
  template <typename Visit>
  bool visit_traces(const Tenant& tenant, const std::vector<store::FoundTrace>& found,
                    UnixNanos deadline, Visit&& visit);

  store::Store& store_;
  const Clock& clock_;
};

}  // namespace clew::query
