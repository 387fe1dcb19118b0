// A Bloom filter over 64-bit hashes: "certainly not here" or "perhaps".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clew::store {

/// The filter of `hashes` as bytes: 10 bits and 6 probes per hash, so 1 in 100 absent ones passes.
std::string build_bloom(std::span<const uint64_t> hashes);

/// False only if `hash` is not in the filter. Any bytes are a filter; an empty one has nothing in
/// it.
bool may_contain(std::string_view bloom, uint64_t hash);

}  // namespace clew::store
