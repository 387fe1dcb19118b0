#include "query/summary.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "store/start_time.h"
#include "store/trace_id.h"

namespace clew::query {

using store::SpanOutline;

void Summarizer::add(const SpanOutline& span) {
  SpanOutline kept = span;
  kept.service = keep(span.service);
  kept.name = keep(span.name);
  has_repeats_ = has_repeats_ || spans_.contains(kept);
  spans_.insert(kept);
  ids_.insert(span.id);
}

size_t Summarizer::Hash::operator()(const SpanOutline& span) const {
  // A client that gives all its spans one ID still has their times.
  return IdHash()(span.id) ^ span.start * 0x9E3779B97F4A7C15 ^ span.duration * 0xC2B2AE3D27D4EB4F;
}

std::string_view Summarizer::keep(std::string_view text) {
  auto at = texts_.find(text);
  return at != texts_.end() ? *at : *texts_.emplace(text).first;
}

/// The span a trace is called after.
const SpanOutline& Summarizer::root(TraceSummary& summary) const {
  // A start of 0 is not known, and comes after all others.
  auto is_earlier = [](const SpanOutline& a, const SpanOutline& b) {
    return a.start != 0 && (b.start == 0 || a.start < b.start);
  };
  auto earliest = [&](auto&& pick) {
    const SpanOutline* best = nullptr;
    for (const SpanOutline& span : spans_)
      if (pick(span) && (!best || is_earlier(span, *best))) best = &span;
    return best;
  };
  const SpanOutline* root = earliest([](const SpanOutline& s) { return s.parent.is_zero(); });
  summary.root_missing = root == nullptr;
  if (!root) root = earliest([&](const SpanOutline& s) { return !ids_.contains(s.parent); });
  if (!root) root = earliest([](const SpanOutline&) { return true; });  // parents in a circle
  return *root;
}

TraceSummary Summarizer::finish(const TraceId& id) const {
  CLEW_CHECK(!spans_.empty());
  TraceSummary summary{.id = id, .span_count = spans_.size()};
  UnixNanos end = 0;               // of the spans whose start is known
  uint64_t longest_startless = 0;  // duration of those whose start is not
  std::map<std::string_view, ServiceSummary> services;
  for (const SpanOutline& span : spans_) {
    uint64_t errors = span.is_error ? 1 : 0;
    summary.start = store::earlier(summary.start, span.start);
    if (span.start != 0)
      end = std::max(end, span.start + span.duration);
    else
      longest_startless = std::max(longest_startless, span.duration);
    summary.error_count += errors;
    if (!span.parent.is_zero() && !ids_.contains(span.parent)) ++summary.orphan_count;
    ServiceSummary& service = services[span.service];
    ++service.span_count;
    service.error_count += errors;
  }
  summary.duration = summary.start != 0 ? end - summary.start : longest_startless;
  const SpanOutline& named_after = root(summary);
  summary.root_service = named_after.service;
  summary.root_operation = named_after.name;
  for (auto& [name, service] : services) {
    service.name = name;
    summary.services.push_back(std::move(service));
  }
  return summary;
}

TraceSummary summarize(const otlp::Batch& trace) {
  Summarizer summarizer;
  for (const otlp::SpanRef& ref : trace.spans()) summarizer.add(store::outline_of(trace, ref));
  return summarizer.finish(store::trace_id_of(trace));
}

}  // namespace clew::query
