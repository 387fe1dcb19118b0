#include "store/search.h"

#include <queue>
#include <set>
#include <unordered_set>

#include "base/metrics.h"
#include "store/trace_collector.h"

namespace clew::store {
namespace {

/// Newest start first, then by ID.
struct Newer {
  bool operator()(const FoundTrace& a, const FoundTrace& b) const {
    return a.start != b.start ? a.start > b.start : a.id < b.id;
  }
};

/// Steps between two looks at the clock: most are far shorter than it takes to read one.
constexpr size_t kStepsPerLook = 16;

class Search {
 public:
  Search(const Parts& parts, const Query& query, size_t limit,
         const std::optional<FoundTrace>& after)
      : parts_(parts), query_(query), limit_(limit), after_(after), searches_(parts.size()) {
    for (size_t i = 0; i < parts.size(); ++i)
      if (parts[i]->may_match(query)) frontier_.push({parts[i]->newest_trace_start(), i});
  }

  FindResult run(const Clock& clock, UnixNanos deadline, const std::atomic<bool>* cancelled) {
    for (size_t steps = 0; !frontier_.empty() && !is_settled(); ++steps) {
      bool late = steps % kStepsPerLook == 0 && clock.now() >= deadline;
      if (late) metrics::count_limit_hit("query_deadline");
      if (late || (cancelled && *cancelled)) {
        complete_ = false;
        break;
      }
      step();
    }
    bool is_full = !found_.empty() && found_.size() == limit_;
    return {
        {found_.begin(), found_.end()}, complete_, is_full && (left_out_ || !frontier_.empty())};
  }

 private:
  struct Next {
    UnixNanos start;  // no trace that the part still offers starts after this
    size_t part;
    bool operator<(const Next& other) const { return start < other.start; }
  };

  /// True if whatever is still to come is older than all that is kept.
  bool is_settled() const {
    return limit_ == 0 ||
           (found_.size() >= limit_ && frontier_.top().start < found_.rbegin()->start);
  }

  /// Opens the part that may have the newest trace, or lets it work.
  void step() {
    size_t part = frontier_.top().part;
    frontier_.pop();
    if (searches_[part])
      take(part);
    else if (auto search = parts_[part]->search(query_))
      searches_[part] = std::move(*search);
    else
      complete_ = false;
    if (searches_[part])
      if (auto start = searches_[part]->next_start()) frontier_.push({*start, part});
  }

  void take(size_t part) {
    auto taken = searches_[part]->take();
    if (!taken) complete_ = false;
    std::optional<TraceId> id = taken.value_or(std::nullopt);
    if (!id || !seen_.insert(*id).second) return;
    TraceExtent extent = extent_of(*id);
    // Taken under its 64-bit form, it is the trace of its 128-bit form, whatever else that has.
    if (extent.id != *id) {
      if (!seen_.insert(extent.id).second) return;
      extent = extent_of(extent.id);
    }
    if (has_duration(extent)) keep({extent.id, extent.start});
  }

  void keep(const FoundTrace& trace) {
    if (after_ && !Newer()(*after_, trace)) return;
    found_.insert(trace);
    if (found_.size() <= limit_) return;
    found_.erase(std::prev(found_.end()));
    left_out_ = true;
  }

  bool has_duration(const TraceExtent& extent) const {
    uint64_t duration = extent.end > extent.start ? extent.end - extent.start : 0;
    const Filter& filter = query_.filter();
    return duration >= filter.min_trace_duration.value_or(0) &&
           duration <= filter.max_trace_duration.value_or(UINT64_MAX);
  }

  TraceExtent extent_of(const TraceId& id) {
    TraceExtent extent{.id = id};
    for (const auto& part : parts_) {
      auto here = part->extent_of(id);
      if (!here) complete_ = false;
      if (here && *here) extent = united(extent, **here);
    }
    return extent;
  }

  const Parts& parts_;
  const Query& query_;
  size_t limit_;
  const std::optional<FoundTrace>& after_;
  std::vector<std::unique_ptr<PartSearch>> searches_;  // null: not opened yet
  std::priority_queue<Next> frontier_;
  std::set<FoundTrace, Newer> found_;
  std::unordered_set<TraceId, IdHash> seen_;
  bool complete_ = true;
  bool left_out_ = false;  // a trace that comes after those that are kept
};

}  // namespace

FindResult find_traces(const Parts& parts, const Query& query, size_t limit, const Clock& clock,
                       UnixNanos deadline, const std::atomic<bool>* cancelled,
                       const std::optional<FoundTrace>& after) {
  return Search(parts, query, limit, after).run(clock, deadline, cancelled);
}

Result<TraceResult> collect_trace(const Parts& parts, const TraceId& id, const Bounds& bounds) {
  TraceCollector collector(limits::kSpansPerTrace, bounds.bytes);
  bool complete = true, late = false;
  for (const auto& part : parts) {
    if (collector.is_cut()) break;
    late = bounds.is_over && bounds.is_over();
    if (late) break;
    auto visited = part->visit_spans(
        id, [&](const otlp::Batch& batch, const otlp::SpanRef& ref) { collector.add(batch, ref); });
    complete &= visited.has_value();
  }
  complete &= !late;
  if (collector.empty() && late)
    return fail(Code::kTimeout, "the query's time was over before trace {} was found", id.hex());
  if (collector.empty() && !complete)
    return fail(Code::kIo, "trace {} is not in what could be read; a block is damaged", id.hex());
  if (collector.empty()) return fail(Code::kNotFound, "no trace {}", id.hex());
  complete &= !collector.is_cut();
  auto batch = otlp::Batch::index(SharedBytes::take(collector.finish()));
  if (!batch) return std::unexpected(batch.error());
  return TraceResult{std::move(*batch), complete};
}

}  // namespace clew::store
