#include "agent/position_set.h"

#include <algorithm>
#include <iterator>

namespace clew::agent {

void PositionSet::add(PositionRange range) {
  if (range.begin >= range.end) return;
  auto next = ranges_.upper_bound(range.begin);
  if (next != ranges_.begin() && std::prev(next)->second >= range.begin) --next;
  while (next != ranges_.end() && next->first <= range.end) {
    range.begin = std::min(range.begin, next->first);
    range.end = std::max(range.end, next->second);
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, range.begin, range.end);
}

bool PositionSet::contains(PositionRange range) const {
  if (range.begin >= range.end) return true;
  auto next = ranges_.upper_bound(range.begin);
  return next != ranges_.begin() && std::prev(next)->second >= range.end;
}

std::vector<PositionRange> PositionSet::ranges() const {
  std::vector<PositionRange> ranges;
  ranges.reserve(ranges_.size());
  for (auto [begin, end] : ranges_) ranges.push_back({begin, end});
  return ranges;
}

PositionSet PositionSet::within(PositionRange range) const {
  PositionSet part;
  auto at = ranges_.upper_bound(range.begin);
  if (at != ranges_.begin()) --at;
  for (; at != ranges_.end() && at->first < range.end; ++at)
    part.add({std::max(at->first, range.begin), std::min(at->second, range.end)});
  return part;
}

}  // namespace clew::agent
