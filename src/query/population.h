// What a population of traces is, and what is known of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/tenant.h"
#include "query/population_tree.h"
#include "query/traceql/ast.h"
#include "store/filter.h"
#include "store/store.h"

namespace clew::query {

/// The traces with these IDs, or else those that a TraceQL search finds.
struct PopulationQuestion {
  std::vector<TraceId> ids = {};
  traceql::Pipeline pipeline = {};
  UnixNanos start_min = 0;           // of a span that the query names, inclusive
  UnixNanos start_max = UINT64_MAX;  // inclusive
  size_t limit = 100'000;            // the newest; limits::kPopulationTraces at most
};

struct PopulationAnswer {
  Population population;
  std::vector<TraceId> not_found;  // of the IDs that were asked for
  /// More traces may match than `limit`, or than are looked at: those that were left out are older.
  bool more = false;
  /// False when the deadline, a limit or damage left out traces or spans.
  bool complete = true;
};

/// Merges populations. Any thread may call any method; each call is counted and ends at
/// limits::kQueryDeadline or cancel() with what it has, as the Engine's do.
class Populations {
 public:
  /// Store and clock must outlive it.
  explicit Populations(store::Store& store, const Clock& clock = Clock::system())
      : store_(store), clock_(clock) {}

  /// Fails with kInvalid on an empty range of time, with kNotFound if there are none of the IDs
  /// asked for.
  Result<PopulationAnswer> merge(const Tenant& tenant, const PopulationQuestion& question);

  /// For shutdown: what runs and what still comes ends as if its deadline had passed.
  void cancel() { cancelled_ = true; }

 private:
  store::Store& store_;
  const Clock& clock_;
  std::atomic<bool> cancelled_ = false;
};

/// The filter that finds exactly the traces that the pipeline finds, if there is one: then no span
/// need be read to know that its trace matches.
std::optional<store::Filter> exact_filter(const traceql::Pipeline& pipeline);

}  // namespace clew::query
