#include "store/call_counter.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <atomic>
#include <tuple>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/second_thread.h"
#include "store/trace_filter.h"
#include "store/trace_id.h"

namespace clew::store {
namespace {

using Parts = std::vector<std::shared_ptr<const Part>>;

/// Sets of blocks that are remembered: what some ranges of some tenants ask for.
constexpr size_t kKnownSets = 4;

/// Traces that are corrected together, between two looks at the clock.
constexpr size_t kTracesPerLook = 16'384;

/// A call that is to be added `times`, of a trace with this half in its ID.
struct Change {
  uint64_t right_half;
  Call call;
  int32_t times;
};

/// False if a part has certainly no spans of a trace.
using MayHave = std::function<bool(const Part&, uint64_t right_half)>;

/// What counting piece by piece is wrong about in traces of several pieces. One thread.
class Correction {
 public:
  Correction(const Parts& parts, MayHave may_have)
      : parts_(parts), may_have_(std::move(may_have)) {}

  CallEdges& names() { return edges_; }

  /// Adds to `changes` what makes the calls of the traces with these halves right, of which those
  /// of the `counted` first parts have been counted piece by piece and those of the others not at
  /// all. False if not all of it could be read.
  bool correct(std::span<const uint64_t> halves, size_t counted, std::vector<Change>& changes) {
    bool complete = true;
    absl::flat_hash_map<uint64_t, std::vector<Piece>> pieces;
    std::vector<TraceId> ids;
    for (size_t i = 0; i < parts_.size(); ++i) {
      ids.clear();
      for (uint64_t half : halves)
        if (may_have_(*parts_[i], half)) ids.push_back(short_form(half));
      auto add = [&](const TraceId& id, std::span<const SpanOutline> spans) {
        pieces[right_half(id)].push_back({id, i < counted, call_spans(spans)});
      };
      complete &= parts_[i]->visit_pieces(ids, add).has_value();
    }
    for (const auto& [half, of_trace] : pieces) {
      for (const Piece& piece : of_trace)
        if (piece.counted) find(piece.spans, -1);
      for (const std::vector<CallSpan>& trace : traces(of_trace)) find(trace, 1);
      take_changes(half, changes);
    }
    return complete;
  }

 private:
  struct Piece {
    TraceId id;
    bool counted;
    std::vector<CallSpan> spans;
  };

  std::vector<CallSpan> call_spans(std::span<const SpanOutline> outlines) {
    std::vector<CallSpan> spans;
    for (const SpanOutline& span : outlines) {
      key_.assign(1, static_cast<char>(span.kind));
      key_.append(span.service).append(1, '\0').append(span.name);
      auto next = static_cast<uint32_t>(operations_.size());
      spans.push_back({.id = CallSpan::number_of(span.id),
                       .parent = CallSpan::number_of(span.parent),
                       .start = span.start,
                       .duration = span.duration,
                       .operation = operations_.try_emplace(key_, next).first->second,
                       .service = edges_.service(span.service),
                       .kind = span.kind,
                       .is_error = span.is_error});
    }
    return spans;
  }

  /// The pieces by trace: those with the short form of the ID belong to the one that has the long,
  /// and where several have, to the one whose ID the trace is reported under.
  static std::vector<std::vector<CallSpan>> traces(const std::vector<Piece>& pieces) {
    std::vector<TraceId> ids;
    for (const Piece& piece : pieces)
      if (!is_short(piece.id)) ids.push_back(piece.id);
    std::ranges::sort(ids);
    auto again = std::ranges::unique(ids);
    ids.erase(again.begin(), again.end());
    std::vector<std::vector<CallSpan>> traces(std::max<size_t>(ids.size(), 1));
    for (const Piece& piece : pieces) {
      auto at = is_short(piece.id) ? ids.begin() : std::ranges::lower_bound(ids, piece.id);
      std::vector<CallSpan>& trace = traces[static_cast<size_t>(at - ids.begin())];
      trace.insert(trace.end(), piece.spans.begin(), piece.spans.end());
    }
    return traces;
  }

  void find(std::span<const CallSpan> spans, int32_t times) {
    finder_.find(spans, edges_, [&](const CallSpan& span, uint32_t edge) {
      changes_.push_back({0, call_of(span, edge), times});
    });
  }

  /// Most of what is taken back is added again.
  void take_changes(uint64_t half, std::vector<Change>& changes) {
    auto content = [](const Change& change) {
      const Call& call = change.call;
      return std::tuple(call.start, call.edge, call.bucket, call.is_error);
    };
    std::ranges::sort(changes_, {}, content);
    for (size_t i = 0; i < changes_.size();) {
      Change sum{half, changes_[i].call, 0};
      for (; i < changes_.size() && content(changes_[i]) == content(sum); ++i)
        sum.times += changes_[i].times;
      if (sum.times != 0) changes.push_back(sum);
    }
    changes_.clear();
  }

  const Parts& parts_;
  const MayHave may_have_;
  CallEdges edges_;
  absl::flat_hash_map<std::string, uint32_t> operations_;
  CallFinder finder_;
  std::vector<Change> changes_;  // of the trace at hand
  std::string key_;
};

/// Calls work(some of them) until all are done or the time is over; then false.
bool in_pieces(std::span<const uint64_t> halves, const std::function<bool()>& is_over,
               const std::function<void(std::span<const uint64_t>)>& work) {
  for (size_t i = 0; i < halves.size(); i += kTracesPerLook) {
    if (is_over && is_over()) return false;
    work(halves.subspan(i, std::min(kTracesPerLook, halves.size() - i)));
  }
  return true;
}

}  // namespace

/// What is known of a set of blocks together.
class CallCounter::Joint {
 public:
  Joint(const Parts& blocks, std::vector<uint64_t> numbers, const std::function<bool()>& is_over)
      : numbers_(std::move(numbers)), filter_(expected(blocks)) {
    std::vector<uint64_t> repeated = repeated_traces(blocks);
    if (repeated.size() > limits::kCutTraces) {
      metrics::count_limit_hit("cut_traces");
      complete_ = false;
      repeated.resize(limits::kCutTraces);
    }
    auto may_have = [this](const Part& block, uint64_t half) { return has(block, half); };
    Correction correction(blocks, may_have);
    whole_ = in_pieces(repeated, is_over, [&](std::span<const uint64_t> halves) {
      complete_ &= correction.correct(halves, blocks.size(), changes_);
    });
    complete_ &= whole_;
    edges_ = correction.names();
  }

  const std::vector<uint64_t>& numbers() const { return numbers_; }
  bool complete() const { return complete_; }
  /// False if it is of no use to others: time was over before it was made.
  bool whole() const { return whole_; }
  /// True if one of the blocks may have spans of the trace.
  bool may_have(uint64_t right_half) const { return filter_.may_have(right_half); }
  /// True if this one of them may, and for any other part.
  bool has(const Part& part, uint64_t right_half) const {
    auto at = filters_.find(part.fixed_number().value_or(kNoBlock));
    return at == filters_.end() || at->second.may_have(right_half);
  }

  /// Adds what must be put right in traces other than those of `without`.
  void add(const StartRange& range, const TraceHalves& without, CallTable& table) const {
    std::vector<uint32_t> services;
    for (const std::string& name : edges_.services())
      services.push_back(table.names().service(name));
    for (const Change& change : changes_) {
      if (!range.has(change.call.start) || without.contains(change.right_half)) continue;
      Call call = change.call;
      CallEdges::Pair pair = edges_.pairs()[call.edge];
      call.edge = table.names().edge(services[pair.parent], services[pair.child]);
      table.add(call, change.times);
    }
  }

 private:
  static size_t expected(const Parts& blocks) {
    size_t traces = 0;
    for (const auto& block : blocks) traces += block->trace_count();
    return traces;
  }

  /// Two looks at all IDs: the first finds those that may be there twice, the second counts them.
  std::vector<uint64_t> repeated_traces(const Parts& blocks) {
    absl::flat_hash_map<uint64_t, uint32_t> met;
    for (const auto& block : blocks) {
      uint64_t number = *block->fixed_number();
      TraceFilter& own = filters_.try_emplace(number, block->trace_count()).first->second;
      auto visited = block->visit_trace_halves([&](uint64_t half) {
        own.insert(half);
        if (filter_.insert(half)) met.try_emplace(half, 0);
      });
      complete_ &= visited.has_value();
    }
    for (const auto& block : blocks)
      (void)block->visit_trace_halves([&](uint64_t half) {
        if (auto at = met.find(half); at != met.end()) ++at->second;
      });
    std::vector<uint64_t> repeated;
    for (auto [half, times] : met)
      if (times > 1) repeated.push_back(half);
    return repeated;
  }

  std::vector<uint64_t> numbers_;  // Part::fixed_number, sorted
  static constexpr uint64_t kNoBlock = UINT64_MAX;
  TraceFilter filter_;                                  // of all blocks
  absl::flat_hash_map<uint64_t, TraceFilter> filters_;  // by fixed_number
  CallEdges edges_;
  std::vector<Change> changes_;
  bool complete_ = true, whole_ = true;
};

CallCounter::CallCounter() = default;
CallCounter::~CallCounter() = default;

std::shared_ptr<const CallCounter::Joint> CallCounter::joint_of(
    const Parts& blocks, const std::function<bool()>& is_over) {
  std::vector<uint64_t> numbers;
  for (const auto& block : blocks) numbers.push_back(*block->fixed_number());
  std::ranges::sort(numbers);
  {
    std::lock_guard lock(mutex_);
    auto at =
        std::ranges::find(known_, numbers, [](const auto& joint) { return joint->numbers(); });
    if (at != known_.end()) {
      known_.splice(known_.begin(), known_, at);
      return known_.front();
    }
  }
  auto joint = std::make_shared<const Joint>(blocks, std::move(numbers), is_over);
  if (!joint->whole()) return joint;
  std::lock_guard lock(mutex_);
  known_.push_front(joint);
  if (known_.size() > kKnownSets) known_.pop_back();
  return joint;
}

namespace {

/// Counts what each part tells by itself, on two threads where there is one to spare.
bool count_parts(const Parts& parts, const StartRange& range, const TraceHalves& without,
                 CallTable& table, const std::function<bool()>& is_over) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> complete = true;
  auto work = [&](CallTable& own) {
    for (size_t i = next++; i < parts.size(); i = next++)
      if (!parts[i]->count_calls(range, without, own, is_over)) complete = false;
  };
  CallTable other;
  auto second = parts.size() > 1 ? SecondThread::hire() : nullptr;
  if (second) second->begin([&] { work(other); });
  work(table);
  if (second) second->wait();
  table.add(other);
  return complete;
}

/// The traces of heads that have pieces elsewhere too: in another head, under another form of their
/// ID, or perhaps in a block.
TraceHalves shared_traces(const Parts& heads,
                          const std::function<bool(uint64_t)>& may_be_in_block) {
  TraceHalves seen, shared;
  for (const auto& head : heads)
    // Heads do not fail.
    (void)head->visit_trace_halves([&](uint64_t half) {
      if (!seen.insert(half).second || may_be_in_block(half)) shared.insert(half);
    });
  return shared;
}

}  // namespace

CallCount CallCounter::count(const Parts& parts, const StartRange& range,
                             const std::function<bool()>& is_over) {
  CallCount result;
  StartRange near{range.first - std::min(range.first, kReach),
                  range.last + std::min(UINT64_MAX - range.last, kReach)};
  Parts ordered, heads;  // blocks, then heads
  for (const auto& part : parts) {
    if (!part->fixed_number())
      heads.push_back(part);
    else if (StartRange starts = part->starts(); near.meets(starts.first, starts.last))
      ordered.push_back(part);
  }
  size_t blocks = ordered.size();
  auto joint = joint_of(ordered, is_over);
  TraceHalves shared = shared_traces(heads, [&](uint64_t half) { return joint->may_have(half); });
  ordered.insert(ordered.end(), heads.begin(), heads.end());
  result.complete = count_parts(ordered, range, shared, result.table, is_over) && joint->complete();
  joint->add(range, shared, result.table);
  Correction correction(ordered,
                        [&](const Part& part, uint64_t half) { return joint->has(part, half); });
  CallTable changed;
  std::vector<Change> changes;
  std::vector<uint64_t> halves(shared.begin(), shared.end());
  result.complete &= in_pieces(halves, is_over, [&](std::span<const uint64_t> some) {
    result.complete &= correction.correct(some, blocks, changes);
  });
  changed.names() = correction.names();
  for (const Change& change : changes)
    if (range.has(change.call.start)) changed.add(change.call, change.times);
  result.table.add(changed);
  if (result.table.is_cut()) {
    metrics::count_limit_hit("call_edges");
    result.complete = false;
  }
  return result;
}

}  // namespace clew::store
