#include <algorithm>
#include <string>
#include <vector>

#include "query/engine.h"
#include "query/query_timer.h"
#include "query/shared_spans.h"
#include "query/traceql/fields.h"
#include "query/traceql/leaf_scan.h"
#include "query/traceql/plan.h"

namespace clew::query {
namespace {

/// `duration > 5s && duration < 1s` is no error.
bool can_match_nothing(const store::Filter& filter) {
  return filter.min_duration > filter.max_duration.value_or(UINT64_MAX) ||
         filter.min_trace_duration > filter.max_trace_duration.value_or(UINT64_MAX);
}

/// The narrowest filter that lets every trace through which may match.
store::Filter narrowest(const traceql::Pipeline& pipeline) {
  auto witnesses = traceql::witnesses_of(pipeline);
  return witnesses.empty() ? store::Filter{} : std::move(witnesses[0].filter);
}

/// Whether the spans that a pipeline finds are those that its witness describes.
bool is_single_filter(const traceql::Pipeline& pipeline) {
  const auto* spanset =
      pipeline.empty() ? nullptr : std::get_if<traceql::Spanset>(&pipeline[0].what);
  return spanset && spanset->op == traceql::SpansetOp::kFilter;
}

/// What a search looks at of spans' attributes: what the query names, and what summaries and shared
/// spans are told by.
store::AttributeChoice attributes_of(const traceql::Pipeline& pipeline) {
  std::vector<std::string> keys{std::string(otlp::kErrorKey), std::string(kSharedKey)};
  for (traceql::Field& field : traceql::fields_of(pipeline))
    if (field.intrinsic == traceql::Intrinsic::kNone) keys.push_back(std::move(field.key));
  return [keys = std::move(keys)](std::string_view key) {
    return std::ranges::find(keys, key) != keys.end();
  };
}

/// How far from the spans that are counted others of their trace may start that a structural query
/// names, too.
constexpr UnixNanos kTraceLength = 3'600'000'000'000;

/// Traces that are read for exemplars where columns say all else.
constexpr uint64_t kExemplarTraces = 500;

}  // namespace

Result<traceql::SearchEnd> Engine::search_traceql(
    const Tenant& tenant, const traceql::Search& search,
    const std::function<void(traceql::FoundTrace)>& found) {
  Timer timer("search_traceql");
  store::Filter filter = narrowest(search.pipeline);
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
  auto over = [this, until = deadline()] { return is_over(until); };
  const Scan of{.filter = filter,
                .after = search.after,
                .wanted = attributes_of(search.pipeline),
                .limit = limit,
                .all_match = is_single_filter(search.pipeline)};
  auto scanned = scan(tenant, of, [&](const store::Query&, const otlp::Batch& trace) {
    ++end.inspected_traces;
    end.inspected_spans += trace.spans().size();
    end.inspected_bytes += trace.bytes().size();
    if (auto match = traceql::search_trace(search, trace, over)) {
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

Result<traceql::MetricsAnswer> Engine::metrics_traceql(const Tenant& tenant,
                                                       const traceql::MetricsQuestion& question) {
  Timer timer("metrics_traceql");
  const traceql::Timeline& timeline = question.timeline;
  traceql::MetricsRun run(question.metrics, timeline, question.most_exemplars);
  traceql::MetricsAnswer answer;
  for (const traceql::MetricsRun::Leaf& leaf : run.leaves()) {
    store::Filter filter = narrowest(leaf.pipeline);
    if (can_match_nothing(filter)) continue;
    UnixNanos slack = is_single_filter(leaf.pipeline) ? 0 : kTraceLength;
    filter.start_min = timeline.start() + 1 - std::min(timeline.start(), slack);
    filter.start_max = timeline.end() + std::min(UINT64_MAX - timeline.end(), slack);
    auto over = [this, until = deadline()] { return is_over(until); };
    auto columns = traceql::make_leaf_scan(leaf, timeline);
    if (columns) {
      answer.complete &= store_.scan_columns(tenant, *columns, over);
      if (question.most_exemplars == 0) continue;
    }
    auto scanned =
        scan(tenant, {.filter = filter}, [&](const store::Query&, const otlp::Batch& trace) {
          ++answer.inspected_traces;
          answer.inspected_spans += trace.spans().size();
          answer.inspected_bytes += trace.bytes().size();
          if (!columns) {
            leaf.add(trace, over);
            return Seen::kGoOn;
          }
          bool more = leaf.add_exemplars(trace) && answer.inspected_traces < kExemplarTraces;
          return more ? Seen::kGoOn : Seen::kEnough;
        });
    if (!scanned) return std::unexpected(scanned.error());
    answer.complete &= scanned->complete || columns;
  }
  answer.series = run.finish();
  answer.complete &= run.complete();
  return answer;
}

}  // namespace clew::query
