#include "store/search.h"

#include <queue>
#include <set>
#include <unordered_set>

#include "base/metrics.h"
#include "store/start_time.h"
#include "store/trace_collector.h"

namespace clew::store {
namespace {

/// Newest start first, then by ID.
struct Newer {
  bool operator()(const FoundTrace& a, const FoundTrace& b) const {
    return a.start != b.start ? a.start > b.start : a.id < b.id;
  }
};

class Search {
 public:
  Search(const Parts& parts, const Filter& filter, size_t limit)
      : parts_(parts), filter_(filter), limit_(limit), searches_(parts.size()) {
    for (size_t i = 0; i < parts.size(); ++i)
      if (parts[i]->may_match(filter)) frontier_.push({parts[i]->newest_trace_start(), i});
  }

  FindResult run(const Clock& clock, UnixNanos deadline, size_t max_scanned,
                 const std::atomic<bool>* cancelled) {
    size_t scanned = 0;
    while (!frontier_.empty() && !is_settled()) {
      if (scanned >= max_scanned) {
        metrics::count_limit_hit("search_scanned_traces");
        complete_ = false;
        break;
      }
      if (cancelled && *cancelled) {
        complete_ = false;
        break;
      }
      if (clock.now() >= deadline) {
        metrics::count_limit_hit("query_deadline");
        complete_ = false;
        break;
      }
      scanned += step() ? 1 : 0;
    }
    return {{found_.begin(), found_.end()}, complete_};
  }

 private:
  struct Next {
    UnixNanos start;  // of the part's next trace; before it is opened, a bound for it
    size_t part;
    bool operator<(const Next& other) const { return start < other.start; }
  };

  /// True if whatever is still to come is older than all that is kept.
  bool is_settled() const {
    return limit_ == 0 ||
           (found_.size() >= limit_ && frontier_.top().start < found_.rbegin()->start);
  }

  /// True if a trace was looked at.
  bool step() {
    size_t part = frontier_.top().part;
    frontier_.pop();
    bool opened = searches_[part] != nullptr;
    if (opened)
      take(part);
    else if (auto search = parts_[part]->search(filter_))
      searches_[part] = std::move(*search);
    else
      complete_ = false;
    if (searches_[part])
      if (auto start = searches_[part]->next_start()) frontier_.push({*start, part});
    return opened;
  }

  void take(size_t part) {
    auto taken = searches_[part]->take();
    if (!taken) complete_ = false;
    std::optional<TraceId> id = taken.value_or(std::nullopt);
    if (!id || !seen_.insert(*id).second) return;
    found_.insert({*id, start_of(*id)});
    if (found_.size() > limit_) found_.erase(std::prev(found_.end()));
  }

  UnixNanos start_of(const TraceId& id) {
    UnixNanos start = 0;
    for (const auto& part : parts_) {
      auto here = part->start_of(id);
      if (!here) complete_ = false;
      start = earlier(start, here.value_or(std::nullopt).value_or(0));
    }
    return start;
  }

  const Parts& parts_;
  const Filter& filter_;
  size_t limit_;
  std::vector<std::unique_ptr<PartSearch>> searches_;  // null: not opened yet
  std::priority_queue<Next> frontier_;
  std::set<FoundTrace, Newer> found_;
  std::unordered_set<TraceId, IdHash> seen_;
  bool complete_ = true;
};

}  // namespace

FindResult find_traces(const Parts& parts, const Filter& filter, size_t limit, const Clock& clock,
                       UnixNanos deadline, size_t max_scanned, const std::atomic<bool>* cancelled) {
  return Search(parts, filter, limit).run(clock, deadline, max_scanned, cancelled);
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
