// Columns of numbers: times, durations, sizes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/coding.h"

namespace clew::store::codec {

/// Appends the numbers as planes of bytes, the lowest first, only as many as the largest number
/// needs, each by encode_bytes(): the planes of noise stay as they are, those above shrink.
void encode_numbers(std::span<const uint64_t> numbers, std::string& out);

/// Reads what encode_numbers() wrote of exactly out.size() numbers. False on damage.
bool decode_numbers(Decoder& in, std::span<uint64_t> out);

/// Signed differences as small numbers: 0, -1, 1, -2, … Wraps around.
constexpr uint64_t zigzag(uint64_t difference) {
  return difference << 1 ^ (0 - (difference >> 63));
}
constexpr uint64_t unzigzag(uint64_t number) {
  return number >> 1 ^ (0 - (number & 1));
}

}  // namespace clew::store::codec
