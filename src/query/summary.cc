#include "query/summary.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/check.h"

namespace clew::query {
namespace {

/// Finds the span a trace is called after.
class RootFinder {
 public:
  explicit RootFinder(const otlp::Batch& trace) : trace_(trace) {}

  void add(const otlp::SpanRef& ref, const otlp::Span& span) {
    ids_.insert(span.span_id);
    spans_.push_back({span.start, span.parent_span_id, &ref});
  }

  /// Sets root_service, root_operation and root_missing.
  void name(TraceSummary& summary) const {
    const Candidate* root = earliest([](const Candidate& c) { return c.parent.is_zero(); });
    summary.root_missing = root == nullptr;
    if (!root) root = earliest([&](const Candidate& c) { return !ids_.contains(c.parent); });
    if (!root) root = earliest([](const Candidate&) { return true; });  // parents in a circle
    summary.root_service = trace_.resource_of(*root->ref).service_name;
    summary.root_operation = trace_.decode(*root->ref).name;
  }

 private:
  struct Candidate {
    UnixNanos start;
    SpanId parent;
    const otlp::SpanRef* ref;
  };

  template <typename Pick>
  const Candidate* earliest(Pick&& pick) const {
    const Candidate* best = nullptr;
    for (const Candidate& candidate : spans_)
      if (pick(candidate) && (!best || candidate.start < best->start)) best = &candidate;
    return best;
  }

  const otlp::Batch& trace_;
  std::unordered_set<SpanId, IdHash> ids_;
  std::vector<Candidate> spans_;
};

}  // namespace

TraceSummary summarize(const otlp::Batch& trace) {
  CLEW_CHECK(!trace.spans().empty());
  TraceSummary summary{.id = trace.spans().front().trace_id, .start = UINT64_MAX};
  UnixNanos end = 0;
  std::map<std::string_view, ServiceSummary> services;
  RootFinder root(trace);
  for (const otlp::SpanRef& ref : trace.spans()) {
    otlp::Span span = trace.decode(ref);
    uint64_t errors = span.is_error() ? 1 : 0;
    summary.start = std::min(summary.start, span.start);
    end = std::max(end, span.start + span.duration());
    ++summary.span_count;
    summary.error_count += errors;
    ServiceSummary& service = services[trace.resource_of(ref).service_name];
    ++service.span_count;
    service.error_count += errors;
    root.add(ref, span);
  }
  summary.duration = end - summary.start;
  root.name(summary);
  for (auto& [name, service] : services) {
    service.name = name;
    summary.services.push_back(std::move(service));
  }
  return summary;
}

}  // namespace clew::query
