// When a store stops taking spans because the disk is nearly full, and when it goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/disk.h"

namespace clew::store {

/// Free space below which nothing is taken any more, when nobody says otherwise: 1 % of the file
/// system but at least 256 MiB, which is a second or so of the fastest log and room to write the
/// head into blocks; of a small file system at most a tenth.
uint64_t default_min_free_bytes(uint64_t total_bytes);

/// Low from the moment less than the minimum is free until a quarter more than that is, so that it
/// does not change its mind with every block. Any thread may ask; one at a time updates.
class SpaceWatch {
 public:
  /// Unset: default_min_free_bytes(). 0: never low.
  explicit SpaceWatch(std::optional<uint64_t> min_free_bytes) : min_free_bytes_(min_free_bytes) {}

  /// True if this changed whether it is low.
  bool update(const DiskSpace& space);

  bool is_low() const { return is_low_; }
  /// What must be free before it is not low any more, by the last update.
  uint64_t wanted_bytes() const { return wanted_bytes_; }

 private:
  const std::optional<uint64_t> min_free_bytes_;
  std::atomic<bool> is_low_ = false;
  std::atomic<uint64_t> wanted_bytes_ = 0;
};

}  // namespace clew::store
