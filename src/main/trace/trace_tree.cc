#include "main/trace/trace_tree.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace clew {
namespace {

constexpr size_t kNone = SIZE_MAX;

/// Who has a span ID: two where client and server share it, as in Zipkin.
struct Holders {
  size_t client = kNone, other = kNone;
};

/// The children of every span, and what stands at the top.
class Tree {
 public:
  explicit Tree(const ShownTrace& trace) : trace_(trace) {
    children_.resize(trace.spans.size());
    places_.assign(trace.spans.size(), Place::kChild);
    for (size_t i = 0; i < trace.spans.size(); ++i) {
      Holders& holders = holders_[trace.spans[i].id];
      size_t& holder = trace.spans[i].kind == "client" ? holders.client : holders.other;
      if (holder == kNone) holder = i;
    }
    for (size_t i = 0; i < trace.spans.size(); ++i) {
      size_t parent = parent_of(i);
      if (parent != kNone)
        children_[parent].push_back(i);
      else
        add_top(i, trace.spans[i].parent.empty() ? Place::kChild : Place::kOrphan);
    }
    cut_circles();
  }

  const std::vector<size_t>& top() const { return top_; }
  const std::vector<size_t>& children(size_t span) const { return children_[span]; }
  Place place(size_t span) const { return places_[span]; }

 private:
  size_t parent_of(size_t i) const {
    const ShownSpan& span = trace_.spans[i];
    const Holders& own = holders_.at(span.id);
    if (span.kind == "server" && own.client != kNone) return own.client;
    auto found = span.parent.empty() ? holders_.end() : holders_.find(span.parent);
    if (found == holders_.end()) return kNone;
    // What a shared ID did, it did as the server.
    return found->second.other != kNone ? found->second.other : found->second.client;
  }

  void add_top(size_t span, Place place) {
    places_[span] = place;
    top_.push_back(span);
  }

  /// What no top leads to goes in circles: the earliest of each becomes a top.
  void cut_circles() {
    std::vector<bool> seen(trace_.spans.size(), false);
    for (size_t top : top_) visit(top, seen);
    std::vector<size_t> met_from(trace_.spans.size(), kNone);
    for (size_t i = 0; i < seen.size(); ++i) {
      if (seen[i]) continue;
      size_t at = i;
      for (; met_from[at] != i; at = parent_of(at)) met_from[at] = i;
      size_t earliest = at;  // `at` is in the circle, which `i` only leads to, maybe
      for (size_t next = parent_of(at); next != at; next = parent_of(next))
        earliest = std::min(earliest, next);
      std::erase(children_[parent_of(earliest)], earliest);
      add_top(earliest, Place::kCircle);
      visit(earliest, seen);
    }
    std::ranges::sort(top_);  // the spans are in order of their start
  }

  void visit(size_t from, std::vector<bool>& seen) const {
    std::vector<size_t> left = {from};
    while (!left.empty()) {
      size_t at = left.back();
      left.pop_back();
      seen[at] = true;
      left.insert(left.end(), children_[at].begin(), children_[at].end());
    }
  }

  const ShownTrace& trace_;
  std::unordered_map<std::string_view, Holders> holders_;
  std::vector<std::vector<size_t>> children_;
  std::vector<Place> places_;
  std::vector<size_t> top_;
};

/// Siblings that become one row.
using Group = std::vector<size_t>;

class Rows {
 public:
  Rows(const ShownTrace& trace, bool fold) : trace_(trace), tree_(trace), fold_(fold) {}

  /// Without recursion: a trace may be as deep as it has spans.
  std::vector<TreeRow> take() {
    push(grouped(tree_.top()), 0, {});
    while (!left_.empty()) {
      Pending next = std::move(left_.back());
      left_.pop_back();
      std::vector<size_t> children;
      for (size_t span : next.group) {
        const auto& own = tree_.children(span);
        children.insert(children.end(), own.begin(), own.end());
      }
      std::ranges::sort(children);
      std::vector<bool> above = next.row.goes_on;
      if (above.size() < kLevelsWithLines) above.push_back(!next.row.is_last);
      push(grouped(children), next.row.depth + 1, above);
      rows_.push_back(std::move(next.row));
    }
    return std::move(rows_);
  }

 private:
  struct Pending {
    Group group;
    TreeRow row;
  };

  std::vector<Group> grouped(const std::vector<size_t>& siblings) const {
    std::vector<Group> groups;
    if (!fold_ || siblings.size() < kLeastFolded) {
      for (size_t span : siblings) groups.push_back({span});
      return groups;
    }
    using Key = std::tuple<std::string_view, std::string_view, std::string_view, bool, Place>;
    std::map<Key, Group> equal;
    for (size_t i : siblings) {
      const ShownSpan& span = trace_.spans[i];
      equal[{span.service, span.name, span.status, span.is_error, tree_.place(i)}].push_back(i);
    }
    for (auto& [key, group] : equal) {
      if (group.size() >= kLeastFolded)
        groups.push_back(std::move(group));
      else
        for (size_t span : group) groups.push_back({span});
    }
    std::ranges::sort(groups, {}, [](const Group& group) { return group.front(); });
    return groups;
  }

  void push(std::vector<Group> groups, size_t depth, const std::vector<bool>& above) {
    // From the last to the first, which is then taken first.
    for (size_t i = groups.size(); i-- > 0;) {
      TreeRow row = row_of(groups[i], depth);
      row.goes_on = above;
      row.is_last = i + 1 == groups.size();
      left_.push_back({std::move(groups[i]), std::move(row)});
    }
  }

  TreeRow row_of(const Group& group, size_t depth) const {
    const ShownSpan& first = trace_.spans[group.front()];
    TreeRow row{.span = &first, .count = group.size(), .start = first.start, .end = first.start};
    row.place = tree_.place(group.front());
    row.depth = depth;
    for (size_t i : group) {
      const ShownSpan& span = trace_.spans[i];
      row.start = std::min(row.start, span.start);
      row.end = std::max(row.end, span.start + static_cast<int64_t>(span.duration));
      row.longest = std::max(row.longest, span.duration);
    }
    return row;
  }

  const ShownTrace& trace_;
  Tree tree_;
  bool fold_;
  std::vector<Pending> left_;
  std::vector<TreeRow> rows_;
};

}  // namespace

std::vector<TreeRow> tree_rows(const ShownTrace& trace, bool fold) {
  return Rows(trace, fold).take();
}

}  // namespace clew
