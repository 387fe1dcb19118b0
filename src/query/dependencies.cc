#include "query/dependencies.h"

#include <unordered_map>

namespace clew::query {
namespace {

/// Who has a span ID in a trace. Two when a client and a server share it, as in Zipkin.
struct Holder {
  const std::string_view* client = nullptr;  // the service of the client span
  const std::string_view* other = nullptr;   // the service of any other span
};

}  // namespace

void DependencyCounter::add(const otlp::Batch& trace) {
  std::unordered_map<SpanId, Holder, IdHash> holders;
  std::vector<otlp::Span> spans;
  spans.reserve(trace.spans().size());
  for (const otlp::SpanRef& ref : trace.spans()) {
    const otlp::Span& span = spans.emplace_back(trace.decode(ref));
    Holder& holder = holders[span.span_id];
    bool is_client = span.kind == otlp::SpanKind::kClient;
    (is_client ? holder.client : holder.other) = &trace.resource_of(ref).service_name;
  }
  for (size_t i = 0; i < spans.size(); ++i) {
    const std::string_view& service = trace.resource_of(trace.spans()[i]).service_name;
    const std::string_view* parent = nullptr;
    auto self = holders.find(spans[i].span_id);
    if (spans[i].kind == otlp::SpanKind::kServer && self->second.client) {
      parent = self->second.client;
    } else if (auto at = holders.find(spans[i].parent_span_id); at != holders.end()) {
      // What a shared ID did, it did as the server.
      parent = at->second.other ? at->second.other : at->second.client;
    }
    if (!parent || *parent == service) continue;
    Calls& calls = calls_[{std::string(*parent), std::string(service)}];
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
