#include "agent/sample/hash_seed_murmur3.h"

#include <bit>

namespace clew::agent {
namespace {

/// Four bytes, the first lowest.
uint32_t word_at(std::string_view bytes, size_t at) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4 && at + i < bytes.size(); ++i)
    word |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << 8 * i;
  return word;
}

uint32_t scrambled(uint32_t word) {
  return std::rotl(word * 0xcc9e2d51, 15) * 0x1b873593;
}

}  // namespace

uint32_t murmur3_32(std::string_view bytes, uint32_t seed) {
  uint32_t hash = seed;
  size_t whole = bytes.size() / 4 * 4;
  for (size_t at = 0; at < whole; at += 4)
    hash = std::rotl(hash ^ scrambled(word_at(bytes, at)), 13) * 5 + 0xe6546b64;
  hash ^= scrambled(word_at(bytes, whole));  // of no bytes: 0
  hash ^= static_cast<uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

}  // namespace clew::agent
