// Which value a column has, told by another column's: after the same context mostly comes the same
// value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::store::codec {

/// For each context (a small number) the up to kRanks values (small numbers too) that were seen in
/// it, each by its rank. Only grows, and no rank changes its value, so what was written by a
/// smaller table is read by a larger one. One thread writes; any thread reads what no longer grows.
class RankTable {
 public:
  static constexpr uint8_t kRanks = 16;
  static constexpr uint8_t kEscape = kRanks;  // the value stands elsewhere, as it is
  static constexpr uint32_t kNoValue = UINT32_MAX;

  /// The rank of `value` in `context`, learning it if there is room; kEscape if there is none.
  /// Almost always one comparison. `value` is not kNoValue; a context may be any below 2^32, and
  /// memory grows with the largest.
  uint8_t rank_of(uint32_t context, uint32_t value) {
    if (context < first_.size() && first_[context] == value) [[likely]]
      return 0;
    return search(context, value);
  }

  /// The value; kNoValue if the table has none, which is damage.
  uint32_t value_of(uint32_t context, uint8_t rank) const {
    if (context >= first_.size()) return kNoValue;
    if (rank == 0) [[likely]]
      return first_[context];
    return value_past_first(context, rank);
  }

  /// The rank that a value has in a context; kEscape if it has none.
  uint8_t known_rank_of(uint32_t context, uint32_t value) const;

  size_t contexts() const { return first_.size(); }

  /// Drawn in the .cc.
  void encode(std::string& out) const;
  /// Every context is below `contexts` and every value below `values`, else kMalformed.
  static Result<RankTable> decode(std::string_view bytes, size_t contexts, size_t values);

 private:
  uint8_t search(uint32_t context, uint32_t value);
  uint32_t value_past_first(uint32_t context, uint8_t rank) const;

  std::vector<uint32_t> first_;              // rank 0 by context, kNoValue if there is none
  std::vector<uint32_t> more_;               // by context: 0, or 1 + index into rest_
  std::vector<std::vector<uint32_t>> rest_;  // ranks 1 and up
};

/// How many of the ranks are that one.
size_t count_ranks(std::span<const uint8_t> ranks, uint8_t rank);

}  // namespace clew::store::codec
