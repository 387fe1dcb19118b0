#include "query/trace_diff_summary.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

namespace clew::query {
namespace {

constexpr int64_t kLeastDriftNs = 1'000'000;
constexpr uint64_t kDriftParts = 20;  // 5 %
constexpr int64_t kNanosPerMilli = 1'000'000;

using Operation = DiffOperation;
/// A span's operation and its parent's: what moves when a span moves.
using Edge = std::tuple<Operation, std::optional<Operation>>;
using Structure = std::map<std::string, std::map<Edge, size_t>>;  // by service

std::string service_of(const DiffSpan& span) {
  return span.operation.service.empty() ? "<unknown>" : std::string(span.operation.service);
}

bool is_error(const DiffSpan& span) {
  return span.status == otlp::StatusCode::kError;
}

DiffSide side_of(const DiffTrace& trace) {
  DiffSide side;
  UnixNanos first = UINT64_MAX, last = 0;
  for (const DiffSpan& span : trace.spans) {
    if (is_error(span)) ++side.errors;
    if (!span.duration) continue;
    side.span_times += *span.duration;
    first = std::min(first, span.start);
    last = std::max(last, span.start + *span.duration);
  }
  if (last >= first) side.envelope = last - first;
  return side;
}

Structure structure_of(const DiffTrace& trace) {
  Structure structure;
  for (const DiffSpan& span : trace.spans) {
    std::optional<Operation> parent;
    if (span.parent != DiffSpan::kNone) parent = trace.spans[span.parent].operation;
    ++structure[service_of(span)][{span.operation, parent}];
  }
  return structure;
}

std::set<std::string> moved_services(const Structure& base, const Structure& compare) {
  std::set<std::string> moved;
  for (const auto& [service, edges] : base) {
    auto other = compare.find(service);
    if (other == compare.end() || other->second != edges) moved.insert(service);
  }
  for (const auto& [service, edges] : compare)
    if (!base.contains(service)) moved.insert(service);
  return moved;
}

/// What was counted of one service.
struct Counted {
  DiffService counts;
  bool has_changes = false;
  uint64_t base_time = 0, compare_time = 0;

  int64_t drift() const { return static_cast<int64_t>(compare_time - base_time); }
  bool has_drifted() const {
    auto size = static_cast<uint64_t>(std::abs(drift()));
    return size >= kLeastDriftNs && size >= (base_time + kDriftParts - 1) / kDriftParts;
  }
};

using Services = std::map<std::string, Counted>;

Services count(const TraceDiff& diff) {
  Services services;
  auto changed = [&](const DiffSpan& span) -> DiffService& {
    Counted& counted = services[service_of(span)];
    counted.has_changes = true;
    return counted.counts;
  };
  for (const DiffSpan& span : diff.base.spans)
    services[service_of(span)].base_time += span.duration.value_or(0);
  for (const DiffSpan& span : diff.compare.spans)
    services[service_of(span)].compare_time += span.duration.value_or(0);
  for (const SpanDiff& change : diff.modified) {
    const DiffSpan& before = diff.base.spans[change.base];
    const DiffSpan& after = diff.compare.spans[change.compare];
    DiffService& service = changed(after);
    ++service.modified;
    if (is_error(after) && !is_error(before)) ++service.new_errors;
    if (is_error(before) && !is_error(after)) ++service.resolved_errors;
  }
  for (uint32_t span : diff.added) {
    DiffService& service = changed(diff.compare.spans[span]);
    ++service.added;
    if (is_error(diff.compare.spans[span])) ++service.new_errors;
  }
  for (uint32_t span : diff.removed) {
    DiffService& service = changed(diff.base.spans[span]);
    ++service.removed;
    if (is_error(diff.base.spans[span])) ++service.resolved_errors;
  }
  return services;
}

/// By milliseconds, then by new errors, then by name.
bool comes_before(const DiffService& a, const DiffService& b) {
  auto millis = [](const DiffService& it) { return std::abs(it.span_times / kNanosPerMilli); };
  return std::tuple(millis(b), b.new_errors, std::string_view(a.name)) <
         std::tuple(millis(a), a.new_errors, std::string_view(b.name));
}

}  // namespace

TraceDiffSummary summarize_diff(const TraceDiff& diff) {
  TraceDiffSummary summary{.base = side_of(diff.base), .compare = side_of(diff.compare)};
  std::set<std::string> changed =
      moved_services(structure_of(diff.base), structure_of(diff.compare));
  summary.structure_changed = !changed.empty() || !diff.added.empty() || !diff.removed.empty();
  for (auto& [name, counted] : count(diff)) {
    if (!counted.has_changes && !counted.has_drifted()) continue;
    changed.insert(name);
    counted.counts.name = name;
    counted.counts.span_times = counted.drift();
    summary.services.push_back(std::move(counted.counts));
  }
  std::ranges::sort(summary.services, comes_before);
  summary.changed_services.assign(changed.begin(), changed.end());
  return summary;
}

}  // namespace clew::query
