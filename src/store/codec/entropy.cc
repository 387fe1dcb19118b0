// Asymmetric numeral systems (Duda, arXiv:1311.2540) in the range variant, as in ryg_rans by
// Fabian Giesen: two coders take turns, so that the processor works on both at once.
//
//   | bytes     | what                                                                  |
//   |-----------|-----------------------------------------------------------------------|
//   | 1         | how many different bytes there are, less 1                            |
//   | 1 each    | those bytes, ascending                                                |
//   | varint    | for each but the last how often it occurs in `scale` bytes, at least  |
//   |           | 1; the last one has the rest                                          |
//   | 4, 4      | where the decoders of even and of odd bytes begin                     |
//   | 2 each    | what they take in on the way; they end where the encoders began       |
//
// The scale is 1024, 2048 or 4096, told by the number of bytes.
#include "store/codec/entropy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "store/coding.h"

namespace clew::store::codec {
namespace {

constexpr uint32_t kMaxScale = 4096;

/// A larger scale is more exact, and the decoder's table takes longer to make.
int scale_bits_for(size_t bytes) {
  return bytes <= 1024 ? 10 : bytes <= 4096 ? 11 : 12;
}

/// A coder's state is from here up to 65,536 times as much.
constexpr uint32_t kLowest = 1 << 16;

float log2_of(uint32_t frequency) {
  static const auto kLogarithms = [] {
    std::array<float, kMaxScale + 1> logarithms{};
    for (uint32_t i = 1; i <= kMaxScale; ++i) logarithms[i] = std::log2(static_cast<float>(i));
    return logarithms;
  }();
  return kLogarithms[frequency];
}

/// Encodes one byte: a state becomes state / frequency * scale + state % frequency + begin.
struct Step {
  uint64_t inverse;  // 2^64 / frequency, rounded up; exact for 32-bit states
  uint32_t highest;  // state from which there is room for the byte
  uint32_t others;   // scale - frequency
  uint32_t begin;
};

uint32_t divided(uint32_t state, uint64_t inverse) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint32_t>(Wide{state} * inverse >> 64);
}

Step step_of(uint32_t frequency, uint32_t begin, int scale_bits) {
  uint32_t scale = 1u << scale_bits;
  Step step{.inverse = UINT64_MAX / frequency + 1,
            .highest = static_cast<uint32_t>((uint64_t{frequency} << (32 - scale_bits)) - 1),
            .others = scale - frequency,
            .begin = begin};
  if (frequency == 1) {  // 2^64 does not fit; the quotient is 1 too small, which `begin` makes good
    step.inverse = UINT64_MAX;
    step.begin += scale - 1;
  }
  return step;
}

}  // namespace

ByteCounts count_bytes(std::string_view bytes) {
  std::array<ByteCounts, 4> counts{};  // four, so that equal bytes do not wait for each other
  size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4)
    for (size_t lane = 0; lane < 4; ++lane) ++counts[lane][static_cast<uint8_t>(bytes[i + lane])];
  for (; i < bytes.size(); ++i) ++counts[0][static_cast<uint8_t>(bytes[i])];
  for (size_t byte = 0; byte < 256; ++byte)
    counts[0][byte] += counts[1][byte] + counts[2][byte] + counts[3][byte];
  return counts[0];
}

EntropyModel::EntropyModel(const ByteCounts& counts, size_t bytes)
    : scale_bits_(scale_bits_for(bytes)) {
  const uint32_t scale = 1u << scale_bits_;
  uint32_t sum = 0;
  for (size_t byte = 0; byte < 256; ++byte) {
    if (counts[byte] == 0) continue;
    uint64_t scaled = uint64_t{counts[byte]} * scale / bytes;
    frequencies_[byte] = static_cast<uint16_t>(std::max<uint64_t>(scaled, 1));
    sum += frequencies_[byte];
  }
  // Rounding leaves some over, which the most frequent one notices least; rare bytes rounded up to
  // 1 take it from the frequent ones.
  while (sum != scale) {
    uint16_t& most = *std::ranges::max_element(frequencies_);
    uint32_t change = sum < scale ? scale - sum : 0;
    most = static_cast<uint16_t>(change != 0 ? most + change : most - 1);
    sum = change != 0 ? scale : sum - 1;
  }
  double bits = 0;
  size_t head = 9;
  for (size_t byte = 0; byte < 256; ++byte) {
    if (counts[byte] == 0) continue;
    bits += double{float(scale_bits_) - log2_of(frequencies_[byte])} * counts[byte];
    head += frequencies_[byte] < 0x80 ? 2 : 3;
  }
  estimated_bytes_ = head + static_cast<size_t>(bits / 8);
}

void EntropyModel::encode(std::string_view bytes, std::string& out) const {
  size_t distinct = 256 - static_cast<size_t>(std::ranges::count(frequencies_, 0));
  out += static_cast<char>(distinct - 1);
  const uint32_t scale = 1u << scale_bits_;
  std::array<Step, 256> steps{};
  std::string frequencies;
  uint32_t sum = 0;
  for (size_t byte = 0; byte < 256; ++byte) {
    if (frequencies_[byte] == 0) continue;
    out += static_cast<char>(byte);
    steps[byte] = step_of(frequencies_[byte], sum, scale_bits_);
    sum += frequencies_[byte];
    if (sum < scale) put_varint(frequencies, frequencies_[byte]);
  }
  CLEW_CHECK(sum == scale);
  out += frequencies;

  // Backwards, as the decoder takes out last what came in first. Each byte takes at most 12 bits.
  thread_local std::vector<uint16_t> words;
  words.resize(bytes.size() + 1);
  uint16_t* word = words.data() + words.size() - 1;
  uint32_t states[2] = {kLowest, kLowest};
  for (size_t i = bytes.size(); i-- > 0;) {
    const Step& step = steps[static_cast<uint8_t>(bytes[i])];
    uint32_t state = states[i % 2];
    // No branch, as nobody could foretell it.
    *word = static_cast<uint16_t>(state);
    bool full = state > step.highest;
    word -= full ? 1 : 0;
    state >>= full ? 16 : 0;
    states[i % 2] = state + step.begin + divided(state, step.inverse) * step.others;
  }
  put(out, states[0]);
  put(out, states[1]);
  out.append(reinterpret_cast<const char*>(word + 1),
             static_cast<size_t>(words.data() + words.size() - 1 - word) * 2);
}

namespace {

/// What a slot of the scale stands for.
struct Slot {
  uint16_t frequency;
  uint16_t at;  // how far the slot is into those of its byte
};

struct Slots {
  std::array<Slot, kMaxScale> slots;
  std::array<char, kMaxScale> bytes;
  int scale_bits;
};

bool read_slots(Decoder& in, Slots& slots) {
  size_t distinct = size_t{in.number<uint8_t>()} + 1;
  std::string_view bytes = in.raw(distinct);
  if (!in.ok()) return false;
  const uint32_t scale = 1u << slots.scale_bits;
  uint32_t sum = 0;
  for (size_t i = 0; i < distinct; ++i) {
    if (i > 0 && static_cast<uint8_t>(bytes[i - 1]) >= static_cast<uint8_t>(bytes[i])) return false;
    uint64_t frequency = i + 1 < distinct ? in.varint() : scale - sum;
    if (!in.ok() || frequency == 0 || frequency > scale - sum) return false;
    std::fill_n(slots.bytes.begin() + sum, frequency, bytes[i]);
    for (uint32_t at = 0; at < frequency; ++at)
      slots.slots[sum + at] = {static_cast<uint16_t>(frequency), static_cast<uint16_t>(at)};
    sum += static_cast<uint32_t>(frequency);
  }
  return true;
}

/// The byte that came last into `state`. Reads two bytes at `word`, and moves it if it used them.
inline char take(const Slots& slots, uint32_t& state, const char*& word) {
  size_t index = state & ((1u << slots.scale_bits) - 1);
  Slot slot = slots.slots[index];
  uint32_t before = slot.frequency * (state >> slots.scale_bits) + slot.at;
  // No branch, as nobody could foretell it.
  bool empty = before < kLowest;
  state = empty ? before << 16 | get<uint16_t>({word, 2}, 0) : before;
  word += empty ? 2 : 0;
  return slots.bytes[index];
}

}  // namespace

bool decode_entropy(std::string_view coded, std::span<char> out) {
  Decoder in(coded);
  thread_local Slots slots;
  slots.scale_bits = scale_bits_for(out.size());
  if (!read_slots(in, slots)) return false;
  auto even = in.number<uint32_t>();
  auto odd = in.number<uint32_t>();
  if (!in.ok() || even < kLowest || odd < kLowest) return false;
  std::string_view words = in.rest();
  const char* word = words.data();
  const char* end = word + words.size();
  size_t i = 0;
  for (; i + 2 <= out.size() && end - word >= 4; i += 2) {
    out[i] = take(slots, even, word);
    out[i + 1] = take(slots, odd, word);
  }
  for (; i < out.size(); ++i) {
    // Near the end: from there on a copy with zeros behind it.
    char last[4] = {};
    auto left = static_cast<size_t>(std::min<ptrdiff_t>(end - word, 2));
    std::memcpy(last, word, left);
    const char* at = last;
    out[i] = take(slots, i % 2 == 0 ? even : odd, at);
    if (static_cast<size_t>(at - last) > left) return false;
    word += at - last;
  }
  return even == kLowest && odd == kLowest && word == end;
}

}  // namespace clew::store::codec
