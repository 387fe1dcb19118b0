#include "store/search.h"

#include <queue>
#include <set>
#include <unordered_set>

#include "base/metrics.h"
#include "store/second_thread.h"
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

/// After so many steps that led to nothing, two parts work at once, for so many steps at a time.
constexpr size_t kFruitlessSteps = 64;
constexpr size_t kStepsAtOnce = 16;

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
    if (!searches_[part]) return open(part);
    if (fruitless_ >= kFruitlessSteps && scan_with_next(part)) return;
    taken(searches_[part]->take());
    push(part);
  }

  void open(size_t part) {
    auto search = parts_[part]->search(query_);
    if (!search) {
      complete_ = false;
      return;
    }
    searches_[part] = std::move(*search);
    push(part);
  }

  void push(size_t part) {
    if (auto start = searches_[part]->next_start()) frontier_.push({*start, part});
  }

  /// Lets `part` and the part that comes next work at the same time. False if that is not to be:
  /// there is no other, or no thread.
  bool scan_with_next(size_t part) {
    if (frontier_.empty()) return false;
    if (!second_) second_ = SecondThread::hire();
    if (!second_) return false;
    size_t other = frontier_.top().part;
    frontier_.pop();
    if (!searches_[other]) {
      open(other);
      push(part);
      return true;
    }
    std::vector<Taken> here, there;
    second_->begin([&] { there = take_some(*searches_[other]); });
    here = take_some(*searches_[part]);
    second_->wait();
    for (std::vector<Taken>* all : {&here, &there})
      for (Taken& one : *all) taken(std::move(one));
    push(part);
    push(other);
    return true;
  }

  using Taken = Result<std::optional<TraceId>>;

  /// Steps of one part, until one leads to something.
  static std::vector<Taken> take_some(PartSearch& search) {
    std::vector<Taken> some;
    while (some.size() < kStepsAtOnce && search.next_start()) {
      some.push_back(search.take());
      if (some.back() && *some.back()) break;
    }
    return some;
  }

  void taken(Taken step) {
    ++fruitless_;
    if (!step) complete_ = false;
    std::optional<TraceId> id = step.value_or(std::nullopt);
    if (!id) return;
    fruitless_ = 0;
    if (!seen_.insert(*id).second) return;
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
  std::unique_ptr<SecondThread> second_;               // once it is needed
  size_t fruitless_ = 0;                               // steps since one led to a trace
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
        id, {.attribute = bounds.attribute},
        [&](const otlp::Batch& batch, const otlp::SpanRef& ref) { collector.add(batch, ref); });
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
