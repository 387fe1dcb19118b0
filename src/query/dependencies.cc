#include "query/dependencies.h"

#include <utility>

#include "query/parents.h"

namespace clew::query {

void DependencyCounter::add(const otlp::Batch& trace) {
  std::vector<otlp::Span> spans;
  spans.reserve(trace.spans().size());
  for (const otlp::SpanRef& ref : trace.spans()) spans.push_back(trace.decode(ref));
  std::vector<size_t> parents = parents_of(spans);
  auto service_of = [&](size_t i) { return trace.resource_of(trace.spans()[i]).service_name; };
  for (size_t i = 0; i < spans.size(); ++i) {
    if (parents[i] == kNoParent || service_of(parents[i]) == service_of(i)) continue;
    count(std::string(service_of(parents[i])), std::string(service_of(i)), spans[i].is_error());
  }
}

void DependencyCounter::count(const std::string& parent, const std::string& child, bool is_error) {
  Calls& calls = calls_[{parent, child}];
  ++calls.calls;
  calls.errors += is_error ? 1 : 0;
}

void DependencyCounter::add(const store::SpanOutline& span) {
  auto service = services_.find(span.service);
  if (service == services_.end()) service = services_.emplace(span.service).first;
  outlines_.push_back({&*service, span.is_error});
  otlp::Span& known = spans_.emplace_back();
  known.span_id = span.id;
  known.parent_span_id = span.parent;
  known.kind = span.kind;
  known.start = span.start;
}

bool DependencyCounter::end_trace() {
  auto spans = std::exchange(spans_, {});
  auto outlines = std::exchange(outlines_, {});
  std::set<std::pair<SpanId, otlp::SpanKind>> seen;
  for (const otlp::Span& span : spans)
    if (!seen.emplace(span.span_id, span.kind).second) return false;
  std::vector<size_t> parents = parents_of(spans);
  for (size_t i = 0; i < spans.size(); ++i) {
    if (parents[i] == kNoParent || outlines[parents[i]].service == outlines[i].service) continue;
    count(*outlines[parents[i]].service, *outlines[i].service, outlines[i].is_error);
  }
  return true;
}

std::vector<Dependency> DependencyCounter::result() const {
  std::vector<Dependency> result;
  result.reserve(calls_.size());
  for (const auto& [pair, calls] : calls_)
    result.push_back({pair.first, pair.second, calls.calls, calls.errors});
  return result;
}

}  // namespace clew::query
