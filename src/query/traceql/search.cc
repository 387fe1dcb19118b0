#include "query/traceql/search.h"

#include <algorithm>

#include "query/traceql/fields.h"
#include "query/traceql/pipeline.h"

namespace clew::query::traceql {
namespace {

/// Tempo's answers have the attribute's key without its scope, and intrinsics by their word.
std::string key_of(const Field& field) {
  return field.intrinsic == Intrinsic::kNone ? field.key : label_of(field);
}

/// What every span in an answer has anyway, or the trace has.
bool is_in_every_answer(Intrinsic intrinsic) {
  switch (intrinsic) {
    case Intrinsic::kName:
    case Intrinsic::kDuration:
    case Intrinsic::kTraceDuration:
    case Intrinsic::kRootName:
    case Intrinsic::kRootService:
    case Intrinsic::kTraceId:
    case Intrinsic::kSpanId:
      return true;
    default:
      return false;
  }
}

FoundSpan found_span(const TraceView& trace, uint32_t number, const std::vector<Field>& fields) {
  const otlp::Span& span = trace.span(number);
  FoundSpan found{.id = span.span_id,
                  .start = span.start,
                  .duration = span.duration(),
                  .name = std::string(span.name),
                  .attributes = {},
                  .scopes = {}};
  SpanEvaluator evaluator(trace);
  for (const Field& field : fields) {
    if (is_in_every_answer(field.intrinsic)) continue;
    Literal value = evaluator.value(field, number).literal();
    if (value.type == Type::kNil || value.type == Type::kOther) continue;
    found.attributes.emplace_back(key_of(field), std::move(value));
    found.scopes.push_back(name_of(evaluator.place(field, number)));
  }
  return found;
}

}  // namespace

std::optional<FoundTrace> search_trace(const Search& search, const otlp::Batch& batch,
                                       const std::function<bool()>& is_over) {
  TraceView trace(batch);
  auto spansets = find_spans(search.pipeline, trace, is_over);
  if (spansets.empty()) return std::nullopt;
  FoundTrace answer{.summary = summarize(batch), .spansets = {}};
  auto fields = fields_of(search.pipeline);
  for (FoundSpans& spanset : spansets) {
    FoundSpanset found{
        .spans = {}, .matched = spanset.spans.size(), .attributes = std::move(spanset.labels)};
    size_t most = search.spans_per_spanset == 0 ? spanset.spans.size() : search.spans_per_spanset;
    for (size_t i = 0; i < std::min(most, spanset.spans.size()); ++i)
      found.spans.push_back(found_span(trace, spanset.spans[i], fields));
    answer.spansets.push_back(std::move(found));
  }
  return answer;
}

}  // namespace clew::query::traceql
