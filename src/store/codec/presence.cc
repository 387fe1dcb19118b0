// A table:
//
//   | bytes  | what                                                                     |
//   |--------|--------------------------------------------------------------------------|
//   | varint | values                                                                   |
//   | varint | row groups                                                               |
//   | varint | pairs that stand below                                                   |
//   |        | for each value 0: in all row groups; else 1 + in how many,               |
//   |        | by encode_numbers()                                                      |
//   |        | value by value its groups, each less the one before and less 1 (the      |
//   |        | first as it is), by encode_numbers()                                     |
#include "store/codec/presence.h"

#include <numeric>

#include "base/check.h"
#include "store/codec/numbers.h"

namespace clew::store::codec {

void PresenceBuilder::add_group(uint32_t group, std::span<const uint32_t> values) {
  CLEW_CHECK(group >= end_);
  end_ = group + 1;
  for (uint32_t value : values) {
    if (value >= last_.size()) {
      last_.resize(size_t{value} + 1);
      groups_.resize(last_.size());
    }
    if (last_[value] == end_) continue;
    last_[value] = end_;
    groups_[value].push_back(group);
  }
}

void PresenceBuilder::encode(std::string& out) const {
  std::vector<uint64_t> counts;
  std::vector<uint64_t> gaps;
  counts.reserve(groups_.size());
  for (const std::vector<uint32_t>& groups : groups_) {
    if (groups.size() == end_) {
      counts.push_back(0);
      continue;
    }
    counts.push_back(1 + groups.size());
    uint32_t next = 0;
    for (uint32_t group : groups) {
      gaps.push_back(group - next);
      next = group + 1;
    }
  }
  CLEW_CHECK(gaps.size() <= kMaxPresencePairs);
  put_varint(out, counts.size());
  put_varint(out, end_);
  put_varint(out, gaps.size());
  encode_numbers(counts, out);
  encode_numbers(gaps, out);
}

Result<Presence> Presence::decode(std::string_view bytes, size_t values, size_t groups) {
  auto damaged = [] { return fail(Code::kMalformed, "a table of row groups is damaged"); };
  Decoder in(bytes);
  size_t size = in.varint();
  size_t end = in.varint();
  size_t pairs = in.varint();
  if (!in.ok() || size > values || end > groups || pairs > kMaxPresencePairs) return damaged();
  if (pairs != 0 && (end == 0 || pairs / end > size)) return damaged();
  std::vector<uint64_t> counts(size);
  if (!decode_numbers(in, counts)) return damaged();
  std::vector<uint64_t> gaps(pairs);
  if (!decode_numbers(in, gaps) || !in.done()) return damaged();

  Presence table;
  table.all_.resize(end);
  std::iota(table.all_.begin(), table.all_.end(), 0);
  table.begins_.reserve(size + 1);
  table.begins_.push_back(0);
  table.everywhere_.reserve(size);
  table.groups_.reserve(pairs);
  for (uint64_t count : counts) {
    table.everywhere_.push_back(count == 0);
    size_t own = count == 0 ? 0 : count - 1;
    if (own > pairs - table.groups_.size()) return damaged();
    uint64_t next = 0;
    for (size_t i = 0; i < own; ++i) {
      uint64_t gap = gaps[table.groups_.size()];
      if (gap >= end - next) return damaged();
      table.groups_.push_back(static_cast<uint32_t>(next + gap));
      next += gap + 1;
    }
    table.begins_.push_back(static_cast<uint32_t>(table.groups_.size()));
  }
  if (table.groups_.size() != pairs) return damaged();
  return table;
}

std::span<const uint32_t> Presence::groups_of(uint32_t value) const {
  if (value >= everywhere_.size()) return {};
  if (everywhere_[value]) return all_;
  return std::span(groups_).subspan(begins_[value], begins_[value + 1] - begins_[value]);
}

size_t Presence::memory_bytes() const {
  return sizeof *this + (begins_.capacity() + groups_.capacity() + all_.capacity()) * 4 +
         everywhere_.capacity() / 8;
}

}  // namespace clew::store::codec
