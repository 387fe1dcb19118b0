#include "agent/observe/observer.h"

#include <algorithm>
#include <iterator>

namespace clew::agent {
namespace {

/// Spans looked at together: their facts stay in the first cache, and a lock serves several.
constexpr size_t kChunk = 128;

}  // namespace

/// What one thread needs while it observes; kept for the next batch.
struct Observer::Scratch {
  std::vector<ObservedSpan> spans;
  std::vector<RawValue> values;           // of each span, by the index of WantedKeys
  std::vector<RawValue> resource_values;  // of each resource, likewise
};

Observer::Observer(const ObserveOptions& options, KeepsSpan keeps, const Clock& clock)
    : clock_(clock),
      relieved_(
          metrics::counter("clew_observe_relieved_spans_total",
                           "Spans counted without exemplars and service graph, since memory was "
                           "getting full")) {
  if (options.envoy_errors) {
    component_ = wanted_.add("component");
    error_ = wanted_.add("error");
  }
  if (options.span_metrics) span_metrics_.emplace(*options.span_metrics, wanted_);
  if (options.span_metrics && options.span_metrics->exemplars) keeps_ = std::move(keeps);
  if (options.service_graph) service_graph_.emplace(*options.service_graph, wanted_);
}

void Observer::observe(const otlp::Batch& batch, const Tenant& tenant, bool relieved) {
  thread_local Scratch scratch;
  UnixNanos now = clock_.now();
  if (relieved) relieved_.Increment(static_cast<double>(batch.spans().size()));
  std::span<const otlp::SpanRef> rest = batch.spans();
  while (!rest.empty()) {
    auto refs = rest.first(std::min(kChunk, rest.size()));
    rest = rest.subspan(refs.size());
    read(tenant, batch, refs, relieved, scratch);
    if (span_metrics_) span_metrics_->observe(scratch.spans, now);
    if (service_graph_ && !relieved) service_graph_->observe(scratch.spans, now);
  }
}

void Observer::read(const Tenant& tenant, const otlp::Batch& batch,
                    std::span<const otlp::SpanRef> refs, bool relieved, Scratch& scratch) const {
  size_t wanted = wanted_.size();
  scratch.spans.clear();
  scratch.values.assign(refs.size() * wanted, RawValue());
  scratch.resource_values.assign(refs.size() * wanted, RawValue());
  size_t resources = 0;
  for (size_t i = 0; i < refs.size(); ++i) {
    const otlp::ResourceRef& resource = batch.resource_of(refs[i]);
    // Spans of a resource stand together, so each is read once, or once more in the next chunk.
    if (i == 0 || refs[i].resource != refs[i - 1].resource) {
      read_resource_values(resource.bytes, wanted_,
                           std::span(scratch.resource_values).subspan(resources * wanted, wanted));
      ++resources;
    }
    auto values = std::span(scratch.values).subspan(i * wanted, wanted);
    SpanFacts facts = read_span_facts(batch.bytes_of(refs[i]), wanted_, values);
    correct_status(facts, values);
    scratch.spans.push_back(
        {.trace_id = &refs[i].trace_id,
         .service = resource.service_name.empty() ? kUnknownService : resource.service_name,
         .facts = facts,
         .is_kept = !relieved && keeps_ && keeps_(tenant, batch, refs[i]),
         .values = values.data(),
         .resource_values = scratch.resource_values.data() + (resources - 1) * wanted});
  }
}

void Observer::correct_status(SpanFacts& facts, std::span<const RawValue> values) const {
  if (!error_ || facts.status != otlp::StatusCode::kUnset) return;
  if (values[*error_].data() == nullptr || values[*component_].data() == nullptr) return;
  if (otlp::Value::decode(values[*component_]).as_bytes() != "proxy") return;
  otlp::Value error = otlp::Value::decode(values[*error_]);
  bool failed =
      error.type() == otlp::ValueType::kBool ? error.as_bool() : error.as_bytes() == "true";
  if (failed) facts.status = otlp::StatusCode::kError;
}

void Observer::expire() {
  UnixNanos now = clock_.now();
  if (span_metrics_) span_metrics_->expire(now);
  if (service_graph_) service_graph_->expire(now);
}

std::vector<MetricFamily> Observer::collect(Temporality temporality) {
  UnixNanos now = clock_.now();
  std::vector<MetricFamily> families;
  auto take = [&](std::vector<MetricFamily> more) {
    std::ranges::move(more, std::back_inserter(families));
  };
  if (span_metrics_) take(span_metrics_->collect(temporality, now));
  if (service_graph_) take(service_graph_->collect(temporality, now));
  return families;
}

}  // namespace clew::agent
