// Work on sharded state: each lock is taken once for many things to do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace clew::agent {

/// Shards of state that many threads change. More than cores, so that they seldom meet.
inline constexpr size_t kShards = 16;

inline size_t shard_of(uint64_t hash) {
  return hash >> 60;
}

/// Sorts what is to be done by its shard; keeps its memory for the next time.
template <typename Arrival>  // has a member `hash`
class ByShard {
 public:
  void sort(std::span<const Arrival> arrivals) {
    begins_.fill(0);
    for (const Arrival& arrival : arrivals) ++begins_[shard_of(arrival.hash) + 1];
    for (size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
    std::array<size_t, kShards + 1> next = begins_;
    sorted_.resize(arrivals.size());
    for (const Arrival& arrival : arrivals) sorted_[next[shard_of(arrival.hash)]++] = arrival;
  }

  /// What is to be done in a shard, in the order it came.
  std::span<const Arrival> in(size_t shard) const {
    return std::span(sorted_).subspan(begins_[shard], begins_[shard + 1] - begins_[shard]);
  }

 private:
  std::array<size_t, kShards + 1> begins_{};
  std::vector<Arrival> sorted_;
};

}  // namespace clew::agent
