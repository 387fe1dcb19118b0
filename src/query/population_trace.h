// One trace as a population takes it: its spans as a tree, and where its time went.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/span_outline.h"

namespace clew::query {

/// A span of a trace with its times, in nanoseconds.
struct TimedSpan {
  static constexpr uint32_t kNoParent = UINT32_MAX;

  uint32_t parent = kNoParent;  // its place among the spans; it comes before
  uint32_t operation = 0;       // as it was added
  SpanId id;
  bool is_error = false;
  bool is_orphan = false;  // it has a parent ID, and that span is not here
  uint64_t offset = 0;     // of its start after that of the trace
  uint64_t duration = 0;
  uint64_t self = 0;      // of its duration, while none of its children ran
  uint64_t critical = 0;  // what it adds to the critical path of the trace
};

/// Makes timed spans of the outlines of one trace after the other. Holds what the largest needed;
/// allocates nothing for a trace that is no larger. One thread.
///
/// A child counts against its parent as far as it lies within it. The critical path is CRISP's
/// (Zhang et al., USENIX ATC 2022): from the end of a span back to its child that ended last, from
/// that child's start to the one that had ended last by then, and so on; what is between is the
/// span's own. So what each span adds comes to the duration of the root. Where a trace has several
/// roots they stand as if one span, which is not there, had called them all.
class TraceTimer {
 public:
  /// False if it is one more than limits::kSpansPerTrace and was left out.
  bool add(const store::SpanOutline& span, uint32_t operation);

  /// True if nothing was added since the last finish().
  bool is_empty() const { return finished_ || spans_.empty(); }
  /// The start of the trace that finish() has given; 0 if no span of it has one.
  UnixNanos start() const { return start_; }

  /// What was added, each span once and behind its parent; valid until the next add(), which begins
  /// another trace.
  std::span<const TimedSpan> finish();

 private:
  struct Span {
    SpanId id;
    SpanId parent;
    UnixNanos start;
    uint64_t duration;
    uint32_t operation;
    bool is_server;
    bool is_error;

    auto operator<=>(const Span&) const = default;
    uint64_t end() const { return start + duration; }
  };
  struct Step {
    uint32_t span;    // in spans_
    uint32_t parent;  // in timed_
  };
  /// A part of a timed span that lies on the critical path: from `low` to `high`.
  struct Stretch {
    uint32_t span;
    uint64_t low, high;
  };
  /// A child of a timed span, whose place is `parent`; roots have TimedSpan::kNoParent.
  struct Child {
    uint32_t parent, span;
    uint64_t end;
  };

  void start_over();
  void drop_repeats();
  void set_times();
  uint32_t find(const SpanId& id, bool server, uint32_t but) const;
  void find_parents();
  void order();
  void follow();
  void find_self_times();
  void find_critical_path();
  void walk_back(Stretch stretch);
  std::span<const Child> children_of(uint32_t parent) const;

  bool finished_ = false;
  UnixNanos start_ = 0;
  std::vector<Span> spans_;
  std::vector<uint32_t> parents_;  // by place in spans_
  std::vector<uint32_t> by_parent_;
  std::vector<uint8_t> seen_;
  std::vector<Step> steps_;
  std::vector<TimedSpan> timed_;
  std::vector<uint64_t> covered_to_;  // by timed span: up to where its children have covered it
  std::vector<Child> children_;       // by parent, the last to end first
  std::vector<Stretch> stretches_;
};

}  // namespace clew::query
