// The series of a metric by their key.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/observe/series.h"
#include "base/clock.h"

namespace clew::agent {

/// One series and what is measured of it.
template <typename Data>
struct Series {
  std::string key;
  std::shared_ptr<const SeriesAttributes> attributes;
  UnixNanos start = 0;      // when it was made
  UnixNanos last_seen = 0;  // when it last changed
  Data data = {};
};

/// A hash table whose caller has hashed already. A series stays at its address until it is erased.
/// Not thread-safe.
template <typename Data>
class SeriesTable {
 public:
  /// nullptr if there is none.
  Series<Data>* find(uint64_t hash, std::string_view key) {
    if (slots_.empty()) return nullptr;
    for (size_t at = hash & mask();; at = (at + 1) & mask()) {
      Slot& slot = slots_[at];
      if (!slot.series) return nullptr;
      if (slot.hash == hash && slot.series->key == key) return slot.series.get();
    }
  }

  /// Adds a series whose key is not there yet.
  Series<Data>& insert(uint64_t hash, Series<Data> series) {
    if (2 * (size_ + 1) > slots_.size()) rebuild(slots_.empty() ? 16 : 2 * slots_.size());
    Slot& slot = free_slot(hash);
    slot = {hash, std::make_unique<Series<Data>>(std::move(series))};
    ++size_;
    return *slot.series;
  }

  /// Removes every series for which `gone` is true; returns how many.
  template <typename Gone>
  size_t erase_if(const Gone& gone) {
    size_t erased = 0;
    for (Slot& slot : slots_)
      if (slot.series && gone(*slot.series)) slot.series.reset(), ++erased;
    if (erased == 0) return 0;
    size_ -= erased;
    rebuild(slots_.size());  // probing must not stop at the holes
    return erased;
  }

  template <typename Visit>
  void for_each(const Visit& visit) {
    for (Slot& slot : slots_)
      if (slot.series) visit(*slot.series);
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t hash = 0;
    std::unique_ptr<Series<Data>> series;
  };

  size_t mask() const { return slots_.size() - 1; }

  Slot& free_slot(uint64_t hash) {
    size_t at = hash & mask();
    while (slots_[at].series) at = (at + 1) & mask();
    return slots_[at];
  }

  void rebuild(size_t slots) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
    for (Slot& slot : old)
      if (slot.series) free_slot(slot.hash) = std::move(slot);
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t size_ = 0;
};

}  // namespace clew::agent
