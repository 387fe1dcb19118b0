#include "store/space_watch.h"

#include <algorithm>

namespace clew::store {

uint64_t default_min_free_bytes(uint64_t total_bytes) {
  constexpr uint64_t kLeast = 256 << 20;
  return std::min(std::max(total_bytes / 100, kLeast), total_bytes / 10);
}

bool SpaceWatch::update(const DiskSpace& space) {
  uint64_t least = min_free_bytes_.value_or(default_min_free_bytes(space.total_bytes));
  wanted_bytes_ = least + least / 4;
  bool low = space.free_bytes < (is_low_ ? wanted_bytes_.load() : least);
  return is_low_.exchange(low) != low;
}

}  // namespace clew::store
