#include "query/traceql/trace_view.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/ids.h"

namespace clew::query::traceql {

TraceView::TraceView(const otlp::Batch& batch) : batch_(batch) {
  std::vector<otlp::Span> decoded;
  for (const otlp::SpanRef& ref : batch.spans()) decoded.push_back(batch.decode(ref));
  std::vector<uint32_t> order(decoded.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](uint32_t span) {
    return std::tuple(decoded[span].start, decoded[span].name);
  });
  UnixNanos first = UINT64_MAX;
  UnixNanos last = 0;
  for (uint32_t span : order) {
    refs_.push_back(&batch.spans()[span]);
    spans_.push_back(decoded[span]);
    if (decoded[span].start == 0) continue;
    first = std::min(first, decoded[span].start);
    last = std::max(last, std::max(decoded[span].start, decoded[span].end));
  }
  duration_ = last > first ? last - first : 0;
  link();
  walk();
}

void TraceView::link() {
  std::unordered_map<SpanId, uint32_t, IdHash> by_id;
  for (uint32_t span = 0; span < size(); ++span) by_id.emplace(spans_[span].span_id, span);
  parents_.assign(size(), kNone);
  child_counts_.assign(size(), 0);
  for (uint32_t span = 0; span < size(); ++span) {
    const SpanId& id = spans_[span].parent_span_id;
    if (id.is_zero()) {
      if (root_ == kNone) root_ = span;
      continue;
    }
    auto found = by_id.find(id);
    if (found == by_id.end() || found->second == span) continue;
    parents_[span] = found->second;
    ++child_counts_[found->second];
  }
}

void TraceView::walk() {
  // Children of each span one behind the other, in order of start.
  std::vector<uint32_t> first(size() + 1, 0);
  for (uint32_t span = 0; span < size(); ++span)
    first[span + 1] = first[span] + child_counts_[span];
  std::vector<uint32_t> children(first.back());
  std::vector<uint32_t> filled(first.begin(), first.end() - 1);
  for (uint32_t span = 0; span < size(); ++span)
    if (parents_[span] != kNone) children[filled[parents_[span]]++] = span;

  nested_.resize(size());
  std::vector<uint32_t> next(first.begin(), first.end() - 1);
  std::vector<uint32_t> path;
  int64_t place = 0;
  for (uint32_t top = 0; top < size(); ++top) {
    if (parents_[top] != kNone) continue;
    bool is_root = spans_[top].parent_span_id.is_zero();
    path.push_back(top);
    while (!path.empty()) {
      uint32_t span = path.back();
      NestedSet& nested = nested_[span];
      if (next[span] == first[span]) {
        top_down_.push_back(span);
        if (is_root) {
          nested.left = ++place;
          nested.parent = path.size() == 1 ? -1 : nested_[parents_[span]].left;
        }
      }
      if (next[span] < first[span + 1]) {
        path.push_back(children[next[span]++]);
        continue;
      }
      if (is_root) nested.right = ++place;
      path.pop_back();
    }
  }
}

}  // namespace clew::query::traceql
