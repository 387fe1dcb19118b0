#include "store/bloom.h"

#include <algorithm>

namespace clew::store {
namespace {

constexpr size_t kBitsPerHash = 10;
constexpr int kProbes = 6;

/// Calls `probe` with each bit's number until it returns false.
template <typename F>
bool for_each_bit(uint64_t hash, uint64_t bits, F&& probe) {
  // Double hashing: the two halves of a good 64-bit hash are independent enough.
  uint64_t step = (hash >> 32) | 1;
  for (int i = 0; i < kProbes; ++i, hash += step)
    if (!probe(hash % bits)) return false;
  return true;
}

}  // namespace

std::string build_bloom(std::span<const uint64_t> hashes) {
  if (hashes.empty()) return {};
  std::string bloom((hashes.size() * kBitsPerHash + 7) / 8, '\0');
  for (uint64_t hash : hashes)
    for_each_bit(hash, bloom.size() * 8, [&](uint64_t bit) {
      bloom[bit / 8] = static_cast<char>(bloom[bit / 8] | (1 << (bit % 8)));
      return true;
    });
  return bloom;
}

bool may_contain(std::string_view bloom, uint64_t hash) {
  if (bloom.empty()) return false;
  return for_each_bit(hash, bloom.size() * 8,
                      [&](uint64_t bit) { return (bloom[bit / 8] >> (bit % 8) & 1) != 0; });
}

}  // namespace clew::store
