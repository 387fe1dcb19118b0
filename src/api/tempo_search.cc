#include "api/tempo_search.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "query/traceql/parse.h"
#include "query/traceql/span_evaluator.h"
#include "query/traceql/trace_view.h"

namespace clew::api {
namespace {

using namespace query::traceql;

using Found = std::function<void(FoundTrace)>;

/// An attribute that a tag asked for; nil if it was a field of the span's own.
Literal value_of(const TraceView& trace, uint32_t span, const std::string& key) {
  return SpanEvaluator(trace).value(Field{.key = key}, span).literal();
}

FoundSpan found_span(const TraceView& trace, uint32_t number, const store::Filter& filter) {
  const otlp::Span& span = trace.span(number);
  FoundSpan found{.id = span.span_id,
                  .start = span.start,
                  .duration = span.duration(),
                  .name = std::string(span.name),
                  .attributes = {},
                  .scopes = {}};
  for (const store::Tag& tag : filter.tags)
    if (Literal value = value_of(trace, number, tag.key);
        value.type != Type::kNil && value.type != Type::kOther)
      found.attributes.emplace_back(tag.key, std::move(value));
  return found;
}

/// The spans of a trace that the filter asks for, as one spanset.
FoundTrace found_trace(const otlp::Batch& batch, const store::Query& query, size_t most) {
  TraceView trace(batch);
  store::SpanMatcher matcher(query, batch);
  FoundSpanset spanset;
  for (uint32_t span = 0; span < trace.size(); ++span) {
    if (!matcher.matches(trace.ref(span))) continue;
    ++spanset.matched;
    if (most == 0 || spanset.spans.size() < most)
      spanset.spans.push_back(found_span(trace, span, query.filter()));
  }
  FoundTrace found{.summary = query::summarize(batch), .spansets = {}};
  if (spanset.matched > 0) found.spansets.push_back(std::move(spanset));
  return found;
}

Result<SearchEnd> search_tags(query::Engine& engine, const Tenant& tenant,
                              const TempoSearch& search, const Found& found) {
  auto traces = engine.search_traces(tenant, search.filter, search.limit);
  if (!traces) return std::unexpected(traces.error());
  auto query = store::Query::compile(search.filter);
  if (!query) return std::unexpected(query.error());
  SearchEnd end{.next = traces->next, .complete = traces->complete};
  for (const otlp::Batch& trace : traces->traces) {
    ++end.inspected_traces;
    end.inspected_spans += trace.spans().size();
    end.inspected_bytes += trace.bytes().size();
    found(found_trace(trace, *query, search.spans_per_spanset));
  }
  return end;
}

}  // namespace

Result<SearchEnd> search_tempo(query::Engine& engine, const Tenant& tenant,
                               const TempoSearch& search, const Found& found) {
  if (search.query.empty()) return search_tags(engine, tenant, search, found);
  auto query = parse(search.query);
  if (!query) return fail(Code::kInvalid, "invalid TraceQL query: {}", query.error().message);
  const auto* pipeline = std::get_if<Pipeline>(&query->what);
  if (pipeline == nullptr)
    return fail(Code::kInvalid,
                "invalid TraceQL query: it makes metrics, and a search finds traces: ask "
                "/api/metrics/query_range, or take the metrics function out");
  return engine.search_traceql(tenant,
                               {.pipeline = *pipeline,
                                .start_min = search.filter.start_min,
                                .start_max = search.filter.start_max,
                                .min_duration = search.filter.min_trace_duration,
                                .max_duration = search.filter.max_trace_duration,
                                .limit = search.limit,
                                .spans_per_spanset = search.spans_per_spanset},
                               found);
}

}  // namespace clew::api
