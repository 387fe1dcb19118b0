// No numbers are nothing. Else:
//
//   | bytes  | what                                                                     |
//   |--------|--------------------------------------------------------------------------|
//   | 1      | planes (0 to 8), and kHasMinimum                                         |
//   | varint | the smallest number, if kHasMinimum; it is taken off all                 |
//   |        | planes, the lowest first: the n-th byte of each number, by encode_bytes()|
#include "store/codec/numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "store/codec/bytes.h"

namespace clew::store::codec {
namespace {

constexpr uint8_t kHasMinimum = 0x10;
constexpr size_t kMaxPlanes = 8;

size_t planes_for(uint64_t number) {
  return (static_cast<size_t>(std::bit_width(number)) + 7) / 8;
}

using Bytes16 = uint8_t __attribute__((vector_size(16)));
using Words8 = uint16_t __attribute__((vector_size(16)));
using Words4 = uint32_t __attribute__((vector_size(16)));
using Words2 = uint64_t __attribute__((vector_size(16)));

/// The first and the second half of a[0] b[0] a[1] b[1] …, as words twice as long.
std::array<Words8, 2> zip(Bytes16 a, Bytes16 b) {
  return {
      (Words8)__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
      (Words8)__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
                                      15, 31)};
}
std::array<Words4, 2> zip(Words8 a, Words8 b) {
  return {(Words4)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11),
          (Words4)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)};
}
std::array<Words2, 2> zip(Words4 a, Words4 b) {
  return {(Words2)__builtin_shufflevector(a, b, 0, 4, 1, 5),
          (Words2)__builtin_shufflevector(a, b, 2, 6, 3, 7)};
}

using Planes = std::array<const char*, kMaxPlanes>;

/// Puts 16 numbers together from their bytes; planes that are not there are zero.
template <size_t kPlanes>
void combine16(const Planes& planes, size_t at, uint64_t minimum, uint64_t* out) {
  std::array<Bytes16, kMaxPlanes> bytes{};
  for (size_t i = 0; i < kPlanes; ++i) std::memcpy(&bytes[i], planes[i] + at, sizeof bytes[i]);
  std::array<std::array<Words8, 2>, 4> pairs;
  for (size_t i = 0; i < 4; ++i) pairs[i] = zip(bytes[2 * i], bytes[2 * i + 1]);
  Words2 base = {minimum, minimum};
  for (size_t half = 0; half < 2; ++half) {
    std::array<Words4, 2> low = zip(pairs[0][half], pairs[1][half]);
    std::array<Words4, 2> high = zip(pairs[2][half], pairs[3][half]);
    for (size_t quarter = 0; quarter < 2; ++quarter)
      for (Words2 two : zip(low[quarter], high[quarter])) {
        two += base;
        std::memcpy(out, &two, sizeof two);
        out += 2;
      }
  }
}

template <size_t kPlanes>
void combine(const Planes& planes, uint64_t minimum, std::span<uint64_t> out) {
  size_t i = 0;
  for (; i + 16 <= out.size(); i += 16) combine16<kPlanes>(planes, i, minimum, out.data() + i);
  for (; i < out.size(); ++i) {
    uint64_t number = 0;
    for (size_t plane = 0; plane < kPlanes; ++plane)
      number |= uint64_t{static_cast<uint8_t>(planes[plane][i])} << (8 * plane);
    out[i] = number + minimum;
  }
}

using Combine = void (*)(const Planes&, uint64_t, std::span<uint64_t>);
constexpr Combine kCombine[kMaxPlanes + 1] = {combine<0>, combine<1>, combine<2>,
                                              combine<3>, combine<4>, combine<5>,
                                              combine<6>, combine<7>, combine<8>};

}  // namespace

void encode_numbers(std::span<const uint64_t> numbers, std::string& out) {
  if (numbers.empty()) return;
  auto [smallest, largest] = std::ranges::minmax(numbers);
  size_t planes = planes_for(largest - smallest);
  uint64_t minimum = planes < planes_for(largest) ? smallest : 0;
  out += static_cast<char>(planes | (minimum != 0 ? kHasMinimum : 0));
  if (minimum != 0) put_varint(out, minimum);
  thread_local std::string plane;
  plane.resize(numbers.size());
  for (size_t i = 0; i < planes; ++i) {
    for (size_t k = 0; k < numbers.size(); ++k)
      plane[k] = static_cast<char>((numbers[k] - minimum) >> (8 * i));
    encode_bytes(plane, out);
  }
}

bool decode_numbers(Decoder& in, std::span<uint64_t> out) {
  if (out.empty()) return in.ok();
  auto head = in.number<uint8_t>();
  size_t count = head & 0xf;
  uint64_t minimum = (head & kHasMinimum) != 0 ? in.varint() : 0;
  if (count > kMaxPlanes || head > (kHasMinimum | kMaxPlanes)) in.fail();
  if (!in.ok()) return false;
  thread_local std::array<std::string, kMaxPlanes> room;
  Planes planes{};
  for (size_t i = 0; i < count; ++i) {
    planes[i] = view_bytes(in, out.size(), room[i]).data();
    if (!in.ok()) return false;
  }
  kCombine[count](planes, minimum, out);
  return true;
}

}  // namespace clew::store::codec
