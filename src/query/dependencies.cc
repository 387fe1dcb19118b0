#include "query/dependencies.h"

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
    Calls& calls = calls_[{std::string(service_of(parents[i])), std::string(service_of(i))}];
    ++calls.calls;
    calls.errors += spans[i].is_error() ? 1 : 0;
  }
}

std::vector<Dependency> DependencyCounter::result() const {
  std::vector<Dependency> result;
  result.reserve(calls_.size());
  for (const auto& [pair, calls] : calls_)
    result.push_back({pair.first, pair.second, calls.calls, calls.errors});
  return result;
}

}  // namespace clew::query
