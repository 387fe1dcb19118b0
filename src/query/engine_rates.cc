#include "query/engine.h"
#include "query/query_timer.h"

namespace clew::query {
namespace {

/// Spans counted for one answer: 24 bytes each, and twice as many for a moment.
constexpr size_t kMostCountedSpans = 2'000'000;

}  // namespace

Result<CountedSpans> Engine::count_spans(const Tenant& tenant, const SpanSelection& selection) {
  Timer timer("count_spans");
  store::Filter range{.start_min = selection.start_min, .start_max = selection.start_max};
  if (auto valid = compile(range); !valid) return std::unexpected(valid.error());
  SpanCounter counter(selection, kMostCountedSpans);
  UnixNanos until = deadline();
  bool whole = store_.scan_columns(tenant, counter, [&] { return is_over(until); });
  CountedSpans counted = counter.take();
  counted.complete &= whole;
  // What was not looked at may be of any time.
  if (!whole && is_over(until)) return CountedSpans{.complete = false, .counted_from = UINT64_MAX};
  return counted;
}

}  // namespace clew::query
