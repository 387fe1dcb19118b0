#include "store/trace_collector.h"

#include <xxhash.h>

#include "base/metrics.h"

namespace clew::store {

size_t Deduplicator::ContentHash::operator()(const Content& content) const {
  return XXH3_64bits(content.span.data(), content.span.size());
}

bool Deduplicator::insert(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  return seen_
      .insert({batch.bytes_of(ref), batch.resource_of(ref).bytes, batch.scope_of(ref).bytes})
      .second;
}

void TraceCollector::add(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  if (cut_) return;
  // The views below need the batch; its neighbours in a trace mostly come from the same one.
  if (batches_.empty() || batches_.back().bytes().view().data() != batch.bytes().view().data())
    batches_.push_back(batch);
  if (!deduplicator_.insert(batch, ref)) return;
  if (spans_ >= max_spans_) return cut("spans_per_trace");
  if (bytes_ + ref.size > max_bytes_ && spans_ > 0) return cut("trace_answer_bytes");
  ++spans_;
  bytes_ += ref.size;
  writer_.add(batch, ref);
}

void TraceCollector::cut(std::string_view limit) {
  cut_ = true;
  metrics::count_limit_hit(limit);
}

}  // namespace clew::store
