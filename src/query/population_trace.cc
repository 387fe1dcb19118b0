#include "query/population_trace.h"

#include <algorithm>
#include <numeric>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/start_time.h"

namespace clew::query {
namespace {

constexpr uint32_t kNone = TimedSpan::kNoParent;
/// As for a trace's columns: a client that gives all its spans one ID must not cost the square of
/// their number.
constexpr size_t kSpansOfOneId = 8;

}  // namespace

void TraceTimer::start_over() {
  spans_.clear();
  finished_ = false;
}

bool TraceTimer::add(const store::SpanOutline& span, uint32_t operation) {
  if (finished_) start_over();
  if (spans_.size() >= limits::kSpansPerTrace) {
    metrics::count_limit_hit("spans_per_trace");
    return false;
  }
  spans_.push_back({.id = span.id,
                    .parent = span.parent,
                    .start = span.start,
                    .duration = span.duration,
                    .operation = operation,
                    .is_server = span.kind == otlp::SpanKind::kServer,
                    .is_error = span.is_error});
  return true;
}

std::span<const TimedSpan> TraceTimer::finish() {
  drop_repeats();
  set_times();
  find_parents();
  order();
  find_self_times();
  find_critical_path();
  finished_ = true;
  return timed_;
}

/// An export that was repeated comes with every field the same.
void TraceTimer::drop_repeats() {
  std::ranges::sort(spans_);
  spans_.erase(std::ranges::unique(spans_).begin(), spans_.end());
}

/// Makes starts offsets from that of the trace. Spans without a start get it, and no duration: from
/// 1970 until their end says nothing.
void TraceTimer::set_times() {
  start_ = 0;
  for (const Span& span : spans_) start_ = store::earlier(start_, span.start);
  for (Span& span : spans_) {
    if (span.start == 0) span.duration = 0;
    span.start = span.start == 0 ? 0 : span.start - start_;
    span.duration = std::min(span.duration, UINT64_MAX - span.start);
  }
}

/// The place of a span with this ID that is, or is not, a server's.
uint32_t TraceTimer::find(const SpanId& id, bool server, uint32_t but) const {
  auto range = std::ranges::equal_range(spans_, id, {}, &Span::id);
  auto first = static_cast<uint32_t>(range.begin() - spans_.begin());
  auto end = first + static_cast<uint32_t>(std::min<size_t>(range.size(), kSpansOfOneId));
  for (uint32_t i = first; i < end; ++i)
    if (i != but && spans_[i].is_server == server) return i;
  return kNone;
}

/// Both halves of a call that Zipkin's clients send have one ID: then the server's is the client's
/// child, and the parent of those that name the ID.
void TraceTimer::find_parents() {
  parents_.assign(spans_.size(), kNone);
  for (uint32_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].is_server) parents_[i] = find(spans_[i].id, false, i);
    if (parents_[i] != kNone || spans_[i].parent.is_zero()) continue;
    parents_[i] = find(spans_[i].parent, true, i);
    if (parents_[i] == kNone) parents_[i] = find(spans_[i].parent, false, i);
  }
}

/// Puts the spans into preorder, siblings by their start. What is in a circle begins anywhere.
void TraceTimer::order() {
  timed_.clear();
  seen_.assign(spans_.size(), 0);
  by_parent_.resize(spans_.size());
  std::iota(by_parent_.begin(), by_parent_.end(), 0);
  std::ranges::sort(by_parent_, [&](uint32_t a, uint32_t b) {
    if (parents_[a] != parents_[b]) return parents_[a] < parents_[b];
    return spans_[a].start != spans_[b].start ? spans_[a].start < spans_[b].start : a < b;
  });
  auto roots =
      std::ranges::equal_range(by_parent_, kNone, {}, [&](uint32_t i) { return parents_[i]; });
  for (auto i = roots.end(); i != roots.begin();) steps_.push_back({*--i, kNone});
  follow();
  for (uint32_t i = 0; i < spans_.size(); ++i) {
    if (seen_[i] != 0) continue;
    steps_.push_back({i, kNone});
    follow();
  }
}

void TraceTimer::follow() {
  while (!steps_.empty()) {
    Step step = steps_.back();
    steps_.pop_back();
    if (seen_[step.span] != 0) continue;
    seen_[step.span] = 1;
    const Span& span = spans_[step.span];
    auto place = static_cast<uint32_t>(timed_.size());
    bool names_parent = !span.parent.is_zero() && span.parent != span.id;
    timed_.push_back({.parent = step.parent,
                      .operation = span.operation,
                      .id = span.id,
                      .is_error = span.is_error,
                      .is_orphan = names_parent && parents_[step.span] == kNone,
                      .offset = span.start,
                      .duration = span.duration,
                      .self = span.duration});
    auto children = std::ranges::equal_range(by_parent_, step.span, {},
                                             [&](uint32_t i) { return parents_[i]; });
    for (auto i = children.end(); i != children.begin();) steps_.push_back({*--i, place});
  }
}

/// Siblings come in order of their start, so that each covers of its parent what the ones before
/// have not.
void TraceTimer::find_self_times() {
  covered_to_.resize(timed_.size());
  for (size_t i = 0; i < timed_.size(); ++i) {
    const TimedSpan& span = timed_[i];
    covered_to_[i] = span.offset;
    if (span.parent == kNone) continue;
    TimedSpan& parent = timed_[span.parent];
    uint64_t& covered = covered_to_[span.parent];
    uint64_t end = std::min(span.offset + span.duration, parent.offset + parent.duration);
    uint64_t start = std::max(span.offset, covered);
    if (start >= end) continue;
    parent.self -= end - start;
    covered = end;
  }
}

void TraceTimer::find_critical_path() {
  children_.clear();
  for (uint32_t i = 0; i < timed_.size(); ++i)
    children_.push_back({timed_[i].parent, i, timed_[i].offset + timed_[i].duration});
  std::ranges::sort(children_, [](const Child& a, const Child& b) {
    if (a.parent != b.parent) return a.parent < b.parent;
    return a.end != b.end ? a.end > b.end : a.span < b.span;
  });
  stretches_.push_back({kNone, 0, UINT64_MAX});
  while (!stretches_.empty()) {
    Stretch stretch = stretches_.back();
    stretches_.pop_back();
    walk_back(stretch);
  }
}

void TraceTimer::walk_back(Stretch stretch) {
  uint64_t own = 0, reached = stretch.high;
  for (const Child& child : children_of(stretch.span)) {
    if (reached == stretch.low) break;
    uint64_t start = std::max(timed_[child.span].offset, stretch.low);
    uint64_t end = std::min(child.end, stretch.high);
    if (start >= end || end > reached) continue;  // it ran beside what is on the path already
    own += reached - end;
    stretches_.push_back({child.span, start, end});
    reached = start;
  }
  if (stretch.span != kNone) timed_[stretch.span].critical += own + (reached - stretch.low);
}

std::span<const TraceTimer::Child> TraceTimer::children_of(uint32_t parent) const {
  auto found = std::ranges::equal_range(children_, parent, {}, &Child::parent);
  return {found.begin(), found.end()};
}

}  // namespace clew::query
