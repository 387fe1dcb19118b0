// A table:
//
//   | bytes  | what                                                                     |
//   |--------|--------------------------------------------------------------------------|
//   | varint | contexts                                                                 |
//   |        | how many values each context has (0 to kRanks), by encode_bytes()        |
//   |        | the values of rank 0 of those that have any, by encode_numbers()         |
//   |        | the values of higher ranks, context by context, by encode_numbers()      |
#include "store/codec/ranks.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "store/codec/bytes.h"
#include "store/codec/numbers.h"

namespace clew::store::codec {

uint8_t RankTable::search(uint32_t context, uint32_t value) {
  CLEW_CHECK(value != kNoValue);
  if (context >= first_.size()) {
    first_.resize(size_t{context} + 1, kNoValue);
    more_.resize(first_.size());
  }
  if (first_[context] == kNoValue) first_[context] = value;
  if (first_[context] == value) return 0;
  if (more_[context] == 0) {
    rest_.emplace_back();
    more_[context] = static_cast<uint32_t>(rest_.size());
  }
  std::vector<uint32_t>& rest = rest_[more_[context] - 1];
  auto found = std::ranges::find(rest, value);
  auto rank = static_cast<uint8_t>(1 + (found - rest.begin()));
  if (found == rest.end() && rank < kRanks) rest.push_back(value);
  return rank;  // kEscape if all places are taken
}

uint32_t RankTable::value_past_first(uint32_t context, uint8_t rank) const {
  if (more_[context] == 0) return kNoValue;
  const std::vector<uint32_t>& rest = rest_[more_[context] - 1];
  return rank <= rest.size() ? rest[rank - 1] : kNoValue;
}

uint8_t RankTable::known_rank_of(uint32_t context, uint32_t value) const {
  uint8_t rank = 0;
  while (rank < kRanks && value_of(context, rank) != value) ++rank;
  return rank;
}

void RankTable::encode(std::string& out) const {
  std::string counts;
  std::vector<uint64_t> firsts;
  std::vector<uint64_t> others;
  for (size_t context = 0; context < first_.size(); ++context) {
    size_t count = 0;
    if (first_[context] != kNoValue) {
      firsts.push_back(first_[context]);
      count = 1;
    }
    if (more_[context] != 0) {
      const std::vector<uint32_t>& rest = rest_[more_[context] - 1];
      others.insert(others.end(), rest.begin(), rest.end());
      count += rest.size();
    }
    counts += static_cast<char>(count);
  }
  put_varint(out, first_.size());
  encode_bytes(counts, out);
  encode_numbers(firsts, out);
  encode_numbers(others, out);
}

Result<RankTable> RankTable::decode(std::string_view bytes, size_t contexts, size_t values) {
  auto damaged = [] { return fail(Code::kMalformed, "a table of ranks is damaged"); };
  Decoder in(bytes);
  size_t size = in.varint();
  if (!in.ok() || size > contexts) return damaged();
  std::string counts(size, '\0');
  if (!decode_bytes(in, counts)) return damaged();
  size_t with_first = 0;
  size_t with_more = 0;
  size_t others_size = 0;
  for (char count : counts) {
    if (static_cast<uint8_t>(count) > kRanks) return damaged();
    with_first += count > 0 ? 1 : 0;
    with_more += count > 1 ? 1 : 0;
    others_size += count > 1 ? static_cast<size_t>(count - 1) : 0;
  }
  std::vector<uint64_t> firsts(with_first);
  if (!decode_numbers(in, firsts)) return damaged();
  std::vector<uint64_t> others(others_size);
  if (!decode_numbers(in, others) || !in.done()) return damaged();
  auto is_value = [&](uint64_t value) { return value < values && value < kNoValue; };
  if (!std::ranges::all_of(firsts, is_value) || !std::ranges::all_of(others, is_value))
    return damaged();

  RankTable table;
  table.first_.resize(size, kNoValue);
  table.more_.resize(size);
  table.rest_.reserve(with_more);
  auto first = firsts.begin();
  auto other = others.begin();
  for (size_t context = 0; context < size; ++context) {
    if (counts[context] > 0) table.first_[context] = static_cast<uint32_t>(*first++);
    if (counts[context] <= 1) continue;
    auto end = other + (counts[context] - 1);
    table.rest_.emplace_back(other, end);
    table.more_[context] = static_cast<uint32_t>(table.rest_.size());
    other = end;
  }
  return table;
}

size_t count_ranks(std::span<const uint8_t> ranks, uint8_t rank) {
  // Eight at a time, since the compiler does not. A byte of `other` is 0 where the rank stands.
  constexpr uint64_t kEach = 0x0101010101010101, kLow = 0x7F * kEach;
  size_t count = 0, at = 0;
  for (; at + sizeof(uint64_t) <= ranks.size(); at += sizeof(uint64_t)) {
    uint64_t eight;
    std::memcpy(&eight, ranks.data() + at, sizeof eight);
    uint64_t other = eight ^ (rank * kEach);
    uint64_t is_other = ((other & kLow) + kLow) | other;  // in the highest bit of each byte
    count += ((~is_other & ~kLow) >> 7) * kEach >> 56;
  }
  for (; at < ranks.size(); ++at) count += ranks[at] == rank ? 1 : 0;
  return count;
}

}  // namespace clew::store::codec
