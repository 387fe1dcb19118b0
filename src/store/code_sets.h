// Which values occur in which rows of a head.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace clew::store {

/// A set of codes of one dictionary, and whether there are values that have no code. One thread.
class CodeSet {
 public:
  void insert(uint32_t code) { set(kFirstCode + code); }
  /// A value that is kept as it is.
  void insert_literal() { set(kLiteral); }
  void clear() { words_.clear(); }

  /// A bit for each, in the order literal, code 0, code 1 ...; none past the last that is set.
  std::span<const uint64_t> words() const { return words_; }
  size_t memory_bytes() const { return words_.capacity() * sizeof(uint64_t); }

 private:
  static constexpr size_t kLiteral = 0, kFirstCode = 1;
  static constexpr size_t kBits = 64;

  void set(size_t bit) {
    if (bit / kBits >= words_.size()) words_.resize(bit / kBits + 1);
    words_[bit / kBits] |= uint64_t{1} << bit % kBits;
  }

  std::vector<uint64_t> words_;
};

/// Sets of several dictionaries, by number, that no longer change. Any thread.
class CodeSets {
 public:
  void add(const CodeSet& set) {
    std::span<const uint64_t> words = set.words();
    words_.insert(words_.end(), words.begin(), words.end());
    ends_.push_back(static_cast<uint32_t>(words_.size()));
  }
  /// To be called after the last.
  void close() {
    words_.shrink_to_fit();
    ends_.shrink_to_fit();
  }

  /// True if the set of that number has one that `wanted` has, too. One that was not added is
  /// empty.
  bool meets(size_t number, const CodeSet& wanted) const {
    if (number >= ends_.size()) return false;
    size_t begin = number == 0 ? 0 : ends_[number - 1];
    std::span<const uint64_t> other = wanted.words();
    size_t count = std::min(ends_[number] - begin, other.size());
    for (size_t i = 0; i < count; ++i)
      if ((words_[begin + i] & other[i]) != 0) return true;
    return false;
  }

  size_t memory_bytes() const {
    return words_.capacity() * sizeof(uint64_t) + ends_.capacity() * sizeof(uint32_t);
  }

 private:
  std::vector<uint64_t> words_;
  std::vector<uint32_t> ends_;  // in words_
};

}  // namespace clew::store
