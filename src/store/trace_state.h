// How to tell that a trace is still what it was, without reading it.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace clew::store {

/// What one part has of a trace: as long as it is equal, the same spans.
struct PartState {
  uint64_t part;  // number of a block, or of a head
  uint64_t rows;  // of the trace in the head, which only grow; 0: it is a block

  auto operator<=>(const PartState&) const = default;
};

/// All parts that have some of a trace. Two that are equal mean the same spans; the reverse need
/// not hold: spans move from heads into blocks. Good until the process ends.
using TraceState = std::vector<PartState>;

}  // namespace clew::store
