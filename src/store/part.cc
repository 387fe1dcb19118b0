#include "store/part.h"

namespace clew::store {

SpanOutline outline_of(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  otlp::Span span = batch.decode(ref);
  return {.id = span.span_id,
          .parent = span.parent_span_id,
          .start = span.start,
          .duration = span.duration(),
          .kind = span.kind,
          .is_error = span.is_error(),
          .service = batch.resource_of(ref).service_name,
          .name = span.name};
}

Result<void> Part::visit_some_spans(const TraceId& id, const SpanChoice& wanted,
                                    const SpanVisitor& visit) const {
  return visit_spans(id, [&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
    if (wanted(batch.decode(ref).span_id)) visit(batch, ref);
  });
}

Result<void> Part::visit_outlines(const TraceId& id, const OutlineVisitor& visit) const {
  return visit_spans(id, [&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
    visit(outline_of(batch, ref));
  });
}

}  // namespace clew::store
