#include "store/dictionary.h"

#include <algorithm>
#include <cstring>

namespace clew::store {
namespace {

constexpr size_t kFirstSlots = 16;
constexpr size_t kLeastChunk = 256, kMostChunk = 64 << 10;

}  // namespace

uint32_t Dictionary::find(std::string_view value, uint64_t hash) const {
  if (slots_.empty()) return kNone;
  auto short_hash = static_cast<uint32_t>(hash);
  size_t mask = slots_.size() - 1;
  for (size_t at = short_hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.code == kNone) return kNone;
    if (slot.hash == short_hash && same_bytes(values_[slot.code], value)) return slot.code;
  }
}

uint32_t Dictionary::insert(std::string_view value, uint64_t hash) {
  if (values_.size() * 2 >= slots_.size()) grow();
  auto code = static_cast<uint32_t>(values_.size());
  values_.push_back(keep(value));
  auto short_hash = static_cast<uint32_t>(hash);
  size_t mask = slots_.size() - 1;
  size_t at = short_hash & mask;
  while (slots_[at].code != kNone) at = (at + 1) & mask;
  slots_[at] = {short_hash, code};
  return code;
}

void Dictionary::grow() {
  std::vector<Slot> slots(std::max(kFirstSlots, slots_.size() * 2));
  size_t mask = slots.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.code == kNone) continue;
    size_t at = slot.hash & mask;
    while (slots[at].code != kNone) at = (at + 1) & mask;
    slots[at] = slot;
  }
  slots_ = std::move(slots);
}

std::string_view Dictionary::keep(std::string_view value) {
  if (value.empty()) return {};
  if (value.size() > chunk_left_) {
    size_t wanted = std::clamp(static_cast<size_t>(chunk_bytes_), kLeastChunk, kMostChunk);
    chunk_left_ = std::max(wanted, value.size());
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_left_));
    chunk_next_ = chunks_.back().get();
    chunk_bytes_ += chunk_left_;
  }
  char* place = chunk_next_;
  std::memcpy(place, value.data(), value.size());
  chunk_next_ += value.size();
  chunk_left_ -= value.size();
  return {place, value.size()};
}

uint64_t Dictionary::memory_bytes() const {
  return chunk_bytes_ + slots_.size() * sizeof(Slot) + values_.capacity_bytes();
}

}  // namespace clew::store
