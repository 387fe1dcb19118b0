#include "query/summary.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/check.h"
#include "store/start_time.h"
#include "store/trace_id.h"

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
      if (pick(candidate) && (!best || is_earlier(candidate, *best))) best = &candidate;
    return best;
  }

  /// A start of 0 is not known, and comes after all others.
  static bool is_earlier(const Candidate& a, const Candidate& b) {
    return a.start != 0 && (b.start == 0 || a.start < b.start);
  }

  const otlp::Batch& trace_;
  std::unordered_set<SpanId, IdHash> ids_;
  std::vector<Candidate> spans_;
};

}  // namespace

TraceSummary summarize(const otlp::Batch& trace) {
  CLEW_CHECK(!trace.spans().empty());
  TraceSummary summary{.id = store::trace_id_of(trace)};
  UnixNanos end = 0;               // of the spans whose start is known
  uint64_t longest_startless = 0;  // duration of those whose start is not
  std::map<std::string_view, ServiceSummary> services;
  RootFinder root(trace);
  for (const otlp::SpanRef& ref : trace.spans()) {
    otlp::Span span = trace.decode(ref);
    uint64_t errors = span.is_error() ? 1 : 0;
    summary.start = store::earlier(summary.start, span.start);
    if (span.start != 0)
      end = std::max(end, span.start + span.duration());
    else
      longest_startless = std::max(longest_startless, span.duration());
    ++summary.span_count;
    summary.error_count += errors;
    ServiceSummary& service = services[trace.resource_of(ref).service_name];
    ++service.span_count;
    service.error_count += errors;
    root.add(ref, span);
  }
  summary.duration = summary.start != 0 ? end - summary.start : longest_startless;
  root.name(summary);
  for (auto& [name, service] : services) {
    service.name = name;
    summary.services.push_back(std::move(service));
  }
  return summary;
}

}  // namespace clew::query
