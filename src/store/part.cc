#include "store/part.h"

#include <utility>

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
          .name = span.name,
          .trace = span.trace_id};
}

namespace {

class WholeTrace final : public TraceCursor {
 public:
  WholeTrace(const Part& part, const TraceId& id) : part_(part), id_(id) {}

  Result<bool> next(const Part::SpanVisitor& visit) override {
    if (std::exchange(done_, true)) return false;
    auto visited = part_.visit_spans(id_, {}, visit);
    if (!visited) return std::unexpected(visited.error());
    return true;
  }

 private:
  const Part& part_;
  const TraceId id_;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<TraceCursor>> Part::open_trace(const TraceId& id) const {
  return std::make_unique<WholeTrace>(*this, id);
}

Result<void> Part::visit_outlines(const TraceId& id, const OutlineVisitor& visit) const {
  return visit_spans(id, {}, [&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
    visit(outline_of(batch, ref));
  });
}

Result<std::optional<PartState>> Part::state_of(const TraceId&) const {
  return fail(Code::kUnsupported, "this part does not tell what it has of a trace");
}

namespace {

std::unexpected<Error> no_calls() {
  return fail(Code::kUnsupported, "this part does not tell who calls whom");
}

}  // namespace

Result<void> Part::count_calls(const StartRange&, const TraceHalves&, CallTable&,
                               const std::function<bool()>&) const {
  return no_calls();
}

Result<void> Part::visit_trace_halves(const std::function<void(uint64_t)>&) const {
  return no_calls();
}

Result<void> Part::visit_pieces(std::span<const TraceId>, const PieceVisitor&) const {
  return no_calls();
}

}  // namespace clew::store
