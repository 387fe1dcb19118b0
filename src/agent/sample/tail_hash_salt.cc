#include "agent/sample/tail_hash_salt.h"

#include <bit>
#include <cmath>

namespace clew::agent {
namespace {

constexpr uint64_t kOffset = 0xcbf29ce484222325;
constexpr uint64_t kPrime = 0x100000001b3;

uint64_t fnv1a(uint64_t state, uint8_t byte) {
  return (state ^ byte) * kPrime;
}

}  // namespace

TailHashSalt::TailHashSalt(std::string_view salt) : after_salt_(kOffset) {
  for (char letter : salt.empty() ? kDefaultSalt : salt)
    after_salt_ = fnv1a(after_salt_, static_cast<uint8_t>(letter));
}

uint64_t TailHashSalt::hash(const TraceId& id) const {
  uint64_t hash = after_salt_;
  for (uint8_t byte : id.bytes) hash = fnv1a(hash, byte);
  return hash;
}

uint64_t TailHashSalt::highest_kept(double percentage) {
  double ratio = percentage / 100;
  if (!(ratio > 0)) return 0;
  if (ratio >= 1) return UINT64_MAX;
  // (2^64 - 1) * ratio as the reference computes it: rounded to 64 significant bits, to even, and
  // then truncated. `product` is exact: 53 bits times 64.
  __extension__ using Wide = unsigned __int128;
  int exponent = 0;
  auto mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(ratio, &exponent), 53));
  Wide product = Wide{mantissa} * UINT64_MAX;
  int scale = exponent - 53;  // the value is product * 2^scale
  int excess = 64 - std::countl_zero(static_cast<uint64_t>(product >> 64));
  Wide half = Wide{1} << (excess - 1);
  Wide cut = product & ((half << 1) - 1);
  Wide rounded = product >> excess;
  if (cut > half || (cut == half && (rounded & 1) != 0)) ++rounded;
  scale += excess;
  return scale <= -64 ? 0 : static_cast<uint64_t>(rounded >> -scale);
}

}  // namespace clew::agent
