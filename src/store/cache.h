// Decoded parts of blocks, kept for the next query: least recently used goes first.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "base/result.h"

namespace clew::store {

/// Any thread. Values are shared: one that is evicted lives on with whoever uses it.
class Cache {
 public:
  struct Key {
    uint64_t block;
    uint32_t kind;
    uint32_t number;
    auto operator<=>(const Key&) const = default;
  };

  template <typename T>
  struct Loaded {
    std::shared_ptr<const T> value;
    size_t bytes;
  };

  explicit Cache(uint64_t capacity_bytes) : capacity_(capacity_bytes) {}

  /// The value under `key`, from memory or from `load`: a function that returns Result<Loaded<T>>.
  /// T is fixed by the key's kind. Two threads that miss at once both load.
  template <typename T, typename Load>
  Result<std::shared_ptr<const T>> get(const Key& key, Load&& load) {
    if (auto found = find(key)) return std::static_pointer_cast<const T>(std::move(found));
    Result<Loaded<T>> loaded = load();
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    insert(key, loaded->value, loaded->bytes);
    return std::move(loaded->value);
  }

  /// The value under `key`, or null, which is not counted as a miss: get() or missed_lately()
  /// follows.
  template <typename T>
  std::shared_ptr<const T> peek(const Key& key) {
    return std::static_pointer_cast<const T>(find(key, false));
  }

  /// Whether `key` is one of the last kLately of which this was false: what is needed again so soon
  /// is better kept. If not, it is a miss now.
  bool missed_lately(const Key& key);
  static constexpr size_t kLately = 8;

  /// Forgets everything of a block.
  void erase(uint64_t block);

  uint64_t bytes() const;

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const void> value;
    size_t bytes;
  };
  using Entries = std::list<Entry>;  // most recently used first

  std::shared_ptr<const void> find(const Key& key, bool counts_miss = true);
  void insert(const Key& key, std::shared_ptr<const void> value, size_t bytes);

  mutable std::mutex mutex_;
  std::array<Key, kLately> lately_ = {};  // a ring
  size_t next_lately_ = 0;
  Entries entries_;
  std::map<Key, Entries::iterator> index_;
  uint64_t capacity_;
  uint64_t bytes_ = 0;
};

}  // namespace clew::store
