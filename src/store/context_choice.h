// Choosing by what each column of a block is foretold best.
#pragma once

#include <span>

#include "store/block_tables.h"
#include "store/group_builder.h"

namespace clew::store {

/// Sets BlockColumn::context of every column, judging by the first rows of `groups`; the block will
/// have about `expected_rows`. Tries for each column: nothing, its own value before in the trace,
/// and each column before it.
void choose_contexts(std::span<const GroupData> groups, uint64_t expected_rows,
                     BlockTables& tables);

/// Walks the rows of a column that stand on their value before in the same piece of a trace.
class PreviousContext {
 public:
  explicit PreviousContext(std::span<const uint32_t> piece_ends) : ends_(piece_ends) {}

  /// For rows in ascending order: the code before plus 1, or 0.
  uint32_t at(uint32_t row) {
    while (row >= ends_[piece_]) {
      ++piece_;
      context_ = 0;
    }
    return context_;
  }
  void set(uint32_t code) { context_ = code + 1; }

 private:
  std::span<const uint32_t> ends_;
  size_t piece_ = 0;
  uint32_t context_ = 0;
};

/// One past the last row of each piece.
std::vector<uint32_t> piece_ends(const GroupData& group);

}  // namespace clew::store
