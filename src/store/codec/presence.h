// In which row groups a value occurs: what answers a search for a rare one without reading spans.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::store::codec {

/// Pairs of value and row group in one table; a damaged one shall not make anybody reserve more.
/// Values that occur everywhere take none.
inline constexpr size_t kMaxPresencePairs = 1 << 26;

/// Built row group by row group, in order.
class PresenceBuilder {
 public:
  /// `values` of one row group may repeat and need no order. Almost free for repetitions. Groups
  /// ascend from call to call.
  void add_group(uint32_t group, std::span<const uint32_t> values);

  /// Drawn in the .cc.
  void encode(std::string& out) const;

 private:
  std::vector<std::vector<uint32_t>> groups_;  // by value, ascending
  std::vector<uint32_t> last_;                 // by value: 1 + the last group
  uint32_t end_ = 0;                           // 1 + the last group of all
};

/// Immutable; any thread.
class Presence {
 public:
  /// Every value is below `values` and every group below `groups`, else kMalformed.
  static Result<Presence> decode(std::string_view bytes, size_t values, size_t groups);

  /// Row groups that have the value, ascending; none if the table does not know it.
  std::span<const uint32_t> groups_of(uint32_t value) const;
  size_t memory_bytes() const;

 private:
  std::vector<uint32_t> begins_;  // by value, and one more: where its groups stand in groups_
  std::vector<bool> everywhere_;  // by value: it has all of all_ and none of groups_
  std::vector<uint32_t> groups_;
  std::vector<uint32_t> all_;
};

}  // namespace clew::store::codec
