#include "agent/observe/edge_store.h"

#include <utility>

#include "base/check.h"

namespace clew::agent {

Edge* EdgeStore::find(const EdgeKey& key) {
  auto at = by_key_.find(key);
  return at == by_key_.end() ? nullptr : &slots_[at->second].edge;
}

Edge& EdgeStore::add(const EdgeKey& key, UnixNanos expires) {
  uint32_t index = free_;
  if (index == kNone) {
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_ = slots_[index].next;
  }
  slots_[index] = {.edge = {.key = key, .expires = expires}, .previous = last_, .next = kNone};
  (last_ == kNone ? first_ : slots_[last_].next) = index;
  last_ = index;
  by_key_.emplace(key, index);
  return slots_[index].edge;
}

Edge EdgeStore::take(const EdgeKey& key) {
  auto at = by_key_.find(key);
  CLEW_CHECK(at != by_key_.end());
  uint32_t index = at->second;
  by_key_.erase(at);
  Slot& slot = slots_[index];
  (slot.previous == kNone ? first_ : slots_[slot.previous].next) = slot.next;
  (slot.next == kNone ? last_ : slots_[slot.next].previous) = slot.previous;
  slot.next = std::exchange(free_, index);
  return std::move(slot.edge);
}

const Edge* EdgeStore::oldest() const {
  return first_ == kNone ? nullptr : &slots_[first_].edge;
}

}  // namespace clew::agent
