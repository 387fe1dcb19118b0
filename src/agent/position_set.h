// Which records are done: a set of positions that is mostly one long run with a few gaps.
#pragma once

#include <map>
#include <vector>

#include "agent/record.h"

namespace clew::agent {

/// Keeps ranges, joined where they touch: its size follows the gaps, not the positions.
class PositionSet {
 public:
  void add(PositionRange range);
  void clear() { ranges_.clear(); }

  bool empty() const { return ranges_.empty(); }
  bool contains(Position position) const { return contains(PositionRange{position, position + 1}); }
  /// All of the range; true for an empty one.
  bool contains(PositionRange range) const;

  /// Ascending, none touching another.
  std::vector<PositionRange> ranges() const;
  /// Those that reach into `range`, cut to it.
  PositionSet within(PositionRange range) const;
  /// Past the last position, 0 if there is none.
  Position end() const { return ranges_.empty() ? 0 : ranges_.rbegin()->second; }

 private:
  std::map<Position, Position> ranges_;  // begin → end
};

}  // namespace clew::agent
