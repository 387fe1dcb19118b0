// algorithm: hash_seed_murmur3, the OpenTelemetry Collector's probabilistic_sampler before January
// 2023. For fleets in which such collectors still run.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/sample/hash_seed.h"

namespace clew::agent {

/// MurmurHash3_x86_32. Source: Austin Appleby's MurmurHash3 (public domain).
uint32_t murmur3_32(std::string_view bytes, uint32_t seed);

/// As HashSeed, by murmur3 of the trace ID.
class HashSeedMurmur3 {
 public:
  explicit HashSeedMurmur3(uint32_t seed) : seed_(seed) {}

  uint32_t hash(const TraceId& id) const { return murmur3_32(id.raw(), seed_); }

  Randomness randomness(const TraceId& id) const { return HashBuckets::randomness(hash(id)); }

 private:
  uint32_t seed_;
};

}  // namespace clew::agent
