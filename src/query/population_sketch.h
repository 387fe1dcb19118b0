// Durations of many spans in a few numbers, from which quantiles come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clew::query {

/// Counts durations in buckets: each power of two is parted into 16 of equal width, so that the
/// middle that stands for a bucket is off by at most kError of what was added. Takes 4 bytes for
/// each bucket between the shortest and the longest.
class DurationSketch {
 public:
  static constexpr double kError = 1.0 / 32;

  void add(uint64_t duration_ns);
  void add(const DurationSketch& other);

  uint64_t count() const { return count_; }
  uint64_t shortest() const { return shortest_; }  // exact, as is the next; 0 if there are none
  uint64_t longest() const { return longest_; }
  /// The duration that the part `quantile` of them, 0 to 1, does not exceed; 0 if there are none.
  uint64_t quantile(double quantile) const;

 private:
  void grow_to(size_t bucket);

  std::vector<uint32_t> counts_;  // of the buckets from first_
  size_t first_ = 0;
  uint64_t count_ = 0, shortest_ = 0, longest_ = 0;
};

}  // namespace clew::query
