// Which traces may have been met: a Bloom filter.
#pragma once

#include <absl/hash/hash.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace clew::store {

/// About 1 in 500 of the traces that were not inserted seems to have been, if no more are than
/// were expected. 3 bytes a trace. Any thread may ask while none inserts.
class TraceFilter {
 public:
  explicit TraceFilter(size_t expected)
      : words_(std::max<size_t>(expected * kBitsPerTrace / 64, 1)) {}

  /// True if the trace may have been inserted before.
  bool insert(uint64_t right_half) {
    Place place = place_of(right_half);
    bool was_there = (words_[place.word] & place.bits) == place.bits;
    words_[place.word] |= place.bits;
    return was_there;
  }

  bool may_have(uint64_t right_half) const {
    Place place = place_of(right_half);
    return (words_[place.word] & place.bits) == place.bits;
  }

 private:
  static constexpr size_t kBitsPerTrace = 24;
  static constexpr int kBitsSet = 5;

  struct Place {
    size_t word;
    uint64_t bits;
  };

  /// All bits of a trace are in one word, so that a look-up costs one access to memory.
  Place place_of(uint64_t right_half) const {
    uint64_t hash = absl::HashOf(right_half);  // clients choose IDs
    Place place{static_cast<size_t>(static_cast<__uint128_t>(hash) * words_.size() >> 64), 0};
    uint64_t low = hash * 0x9e3779b97f4a7c15;
    for (int i = 0; i < kBitsSet; ++i) place.bits |= uint64_t{1} << (low >> (6 * i + 30) & 63);
    return place;
  }

  std::vector<uint64_t> words_;
};

}  // namespace clew::store
