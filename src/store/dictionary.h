// Numbers for byte strings that repeat.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "store/stable_vector.h"

namespace clew::store {

inline uint64_t hash_of(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// Equality of mostly short strings, without a call.
inline bool same_bytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const char *x = a.data(), *y = b.data();
  size_t size = a.size();
  auto word = [](const char* at) {
    uint64_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  if (size < 8) {
    for (size_t i = 0; i < size; ++i)
      if (x[i] != y[i]) return false;
    return true;
  }
  for (size_t i = 0; i + 8 < size; i += 8)
    if (word(x + i) != word(y + i)) return false;
  return word(x + size - 8) == word(y + size - 8);
}

/// Gives each distinct value a code, from 0 upwards. Values never move. One thread adds; readers
/// copy values() under the owner's lock.
class Dictionary {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  using Values = StableVector<std::string_view, 64>;

  uint32_t find(std::string_view value, uint64_t hash) const;
  /// The value must not be there yet. It is copied.
  uint32_t insert(std::string_view value, uint64_t hash);
  uint32_t find_or_insert(std::string_view value) {
    uint64_t hash = hash_of(value);
    uint32_t code = find(value, hash);
    return code != kNone ? code : insert(value, hash);
  }

  std::string_view operator[](uint32_t code) const { return values_[code]; }
  size_t size() const { return values_.size(); }
  const Values& values() const { return values_; }
  uint64_t memory_bytes() const;

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t code = kNone;
  };

  void grow();
  std::string_view keep(std::string_view value);

  std::vector<Slot> slots_;  // a power of two of them, linear probing
  Values values_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t chunk_left_ = 0;
  char* chunk_next_ = nullptr;
  uint64_t chunk_bytes_ = 0;
};

}  // namespace clew::store
