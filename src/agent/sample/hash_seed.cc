#include "agent/sample/hash_seed.h"

#include <algorithm>

namespace clew::agent {
namespace {

constexpr uint32_t kOffset = 0x811c9dc5;
constexpr uint32_t kPrime = 0x01000193;

}  // namespace

uint32_t HashBuckets::kept(double percentage) {
  auto percent = std::min(static_cast<float>(percentage), 100.0f);
  return static_cast<uint32_t>(percent * 163.84f);
}

HashSeed::HashSeed(uint32_t seed) : after_seed_(kOffset) {
  for (int shift = 0; shift < 32; shift += 8)
    after_seed_ = (after_seed_ ^ (seed >> shift & 0xff)) * kPrime;
}

uint32_t HashSeed::hash(const TraceId& id) const {
  uint32_t hash = after_seed_;
  for (uint8_t byte : id.bytes) hash = (hash ^ byte) * kPrime;
  return hash;
}

}  // namespace clew::agent
