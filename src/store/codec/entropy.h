// Bytes of which some are frequent and that have no other order: each takes as many bits as it is
// rare, also less than one. For those zstd takes up to twice as much, and longer.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clew::store::codec {

using ByteCounts = std::array<uint32_t, 256>;

/// How often each byte occurs.
ByteCounts count_bytes(std::string_view bytes);

/// How frequent each byte is.
class EntropyModel {
 public:
  /// `bytes` is their number, not 0.
  EntropyModel(const ByteCounts& counts, size_t bytes);

  /// What encode() appends for the bytes that were counted, give or take a few.
  size_t estimated_bytes() const { return estimated_bytes_; }

  /// Appends the bytes that were counted. Drawn in the .cc.
  void encode(std::string_view bytes, std::string& out) const;

 private:
  int scale_bits_;  // frequencies add up to 2 to the power of this
  std::array<uint16_t, 256> frequencies_{};
  size_t estimated_bytes_ = 0;
};

/// Reads what encode() appended, all of it, of exactly out.size() bytes. False on damage.
bool decode_entropy(std::string_view coded, std::span<char> out);

}  // namespace clew::store::codec
