// algorithm: hash_seed, the OpenTelemetry Collector's probabilistic_sampler in mode hash_seed since
// January 2023, and what it shares with its predecessor.
#pragma once

#include <cstdint>

#include "agent/sample/threshold.h"
#include "base/ids.h"

namespace clew::agent {

/// Traces fall into 16384 buckets by the low 14 bits of a hash; a rate keeps the lowest buckets.
/// The reference truncates to buckets, and agreeing with it trace by trace is the point.
struct HashBuckets {
  static constexpr uint32_t kCount = 1 << 14;

  static constexpr uint32_t bucket(uint32_t hash) { return hash & (kCount - 1); }

  /// The number of buckets that a percentage keeps, computed in float32 and truncated as in the
  /// reference: 163 for 1 %, 0 below 0.0062 %.
  static uint32_t kept(double percentage);

  /// A hash as randomness: the bucket, reversed, stands on top, so that comparing with threshold()
  /// decides as comparing the bucket with kept() does. Below it is mixed what else the hash knows.
  static constexpr Randomness randomness(uint32_t hash) {
    uint64_t rest = hash >> 18;
    uint64_t mixed = rest ^ rest << 10;
    return uint64_t{kCount - 1 - bucket(hash)} << 42 | mixed << 14 | bucket(hash);
  }

  static constexpr Threshold threshold(uint32_t kept_buckets) {
    return uint64_t{kCount - kept_buckets} << 42;
  }

  /// Whether randomness() gives this for some hash: so a tier before us, whatever its seed, was a
  /// hash_seed sampler. Of random numbers one in 2^28 looks like it.
  static constexpr bool is_randomness(Randomness randomness) {
    auto bucket = static_cast<uint32_t>(randomness) & (kCount - 1);
    uint64_t mixed = randomness >> 14 & ((1 << 28) - 1);
    uint64_t rest = mixed & 0x3ff;
    rest |= ((mixed >> 10 ^ rest) & 0xf) << 10;
    return randomness >> 42 == kCount - 1 - bucket && mixed == (rest ^ rest << 10);
  }
};

/// FNV-1a, 32 bits, over the seed (little-endian) and the trace ID.
class HashSeed {
 public:
  explicit HashSeed(uint32_t seed);

  uint32_t hash(const TraceId& id) const;

  Randomness randomness(const TraceId& id) const { return HashBuckets::randomness(hash(id)); }

 private:
  uint32_t after_seed_;  // the state once the seed is hashed
};

}  // namespace clew::agent
