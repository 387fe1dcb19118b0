// One trace as TraceQL sees it: its spans as a tree.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "otlp/batch.h"

namespace clew::query::traceql {

/// Spans by number, in the order of their start, then of their name; views of the batch, which must
/// outlive it.
class TraceView {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// All spans must be of one trace.
  explicit TraceView(const otlp::Batch& batch);

  const otlp::Batch& batch() const { return batch_; }
  size_t size() const { return refs_.size(); }
  const otlp::SpanRef& ref(uint32_t span) const { return *refs_[span]; }
  const otlp::Span& span(uint32_t span) const { return spans_[span]; }
  const otlp::ResourceRef& resource(uint32_t span) const {
    return batch_.resource_of(*refs_[span]);
  }
  const otlp::ScopeRef& scope(uint32_t span) const { return batch_.scope_of(*refs_[span]); }

  /// kNone for a root, and where the parent is not in the trace.
  uint32_t parent(uint32_t span) const { return parents_[span]; }
  uint32_t child_count(uint32_t span) const { return child_counts_[span]; }
  /// Each span behind its parent; without those whose parents go in a circle.
  const std::vector<uint32_t>& top_down() const { return top_down_; }

  /// Places of a walk through the tree from each root, from 1; 0, 0 where no root is above.
  /// `parent` is the `left` of the parent, -1 of a root, 0 where there is none.
  struct NestedSet {
    int64_t left = 0, right = 0, parent = 0;
  };
  const NestedSet& nested_set(uint32_t span) const { return nested_[span]; }

  /// The earliest span without a parent ID; kNone if there is none.
  uint32_t root() const { return root_; }
  /// From the first start to the last end, nanoseconds.
  uint64_t duration() const { return duration_; }

 private:
  void link();
  void walk();

  const otlp::Batch& batch_;
  std::vector<const otlp::SpanRef*> refs_;
  std::vector<otlp::Span> spans_;
  std::vector<uint32_t> parents_, child_counts_, top_down_;
  std::vector<NestedSet> nested_;
  uint32_t root_ = kNone;
  uint64_t duration_ = 0;
};

}  // namespace clew::query::traceql
